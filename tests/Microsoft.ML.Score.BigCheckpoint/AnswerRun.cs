using System.Diagnostics;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>What the fresh process does: load, encode, answer, report.</summary>
internal static class AnswerRun
{
    private const double MostSecondsToLoad = 5;

    private const double MostBytesBesideFiles = 1.5e9;

    private const int AnswerTokens = 8;

    public static int Run(string folder)
    {
        var files = Directory.GetFiles(folder, "*.safetensors").Sum(file => new FileInfo(file).Length);
        using var memory = new MemoryWatch();
        var clock = Stopwatch.StartNew();
        using var model = VideoModel.Load(folder);
        var load = Lap(clock);
        var video = model.Encode(Clip());
        var encode = Lap(clock);
        var kept = KeptTokens.All(video);
        model.Generate(kept, "What happens?", new GenerationOptions { MaxNewTokens = 1 });
        var prefill = Lap(clock);
        var answer = model.Generate(kept, "What happens?", new GenerationOptions { MaxNewTokens = 1 + AnswerTokens });
        var decode = (Lap(clock) - prefill) / AnswerTokens;
        memory.Dispose();

        Console.WriteLine($"files               {files / 1e9,8:F2} GB");
        Console.WriteLine($"loaded in           {load,8:F2} s   (limit {MostSecondsToLoad} s)");
        Console.WriteLine($"encoded in          {encode,8:F2} s   {video.Grid.Count} visual tokens");
        Console.WriteLine($"first token in      {prefill,8:F2} s");
        Console.WriteLine($"each further token  {decode,8:F2} s   (difference of two runs)");
        Console.WriteLine($"answer              '{answer}'");
        Console.WriteLine($"peak memory         {memory.PeakResident / 1e9,8:F2} GB  (limit {(files + MostBytesBesideFiles) / 1e9:F2} GB: files + 1.5 GB)");
        Console.WriteLine($"of which allocated  {memory.PeakAnonymous / 1e9,8:F2} GB");
        var within = load <= MostSecondsToLoad && memory.PeakResident <= files + MostBytesBesideFiles;
        Console.WriteLine(within ? "within the limits" : "BEYOND the limits");
        return within ? 0 : 1;
    }

    private static double Lap(Stopwatch clock)
    {
        var seconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        return seconds;
    }

    private static FrameClip Clip()
    {
        const int frames = 8, side = 224;
        var rgb = new byte[frames * side * side * 3];
        new Random(1).NextBytes(rgb);
        return new FrameClip(rgb, frames, side, side, framesPerSecond: 2);
    }
}
