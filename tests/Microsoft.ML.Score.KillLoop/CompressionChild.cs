using System.Diagnostics;
using Microsoft.ML.Score.Tokens;

namespace Score.KillLoop;

/// <summary>The process that is killed: <c>score compress</c> that writes the kept tokens of many videos. Whatever a kill leaves must be whole.</summary>
internal static class CompressionChild
{
    private const int Videos = 48;
    private const string Extension = ".kept.safetensors";

    public static KilledWork Work { get; } = new("kept tokens", Start, Result);

    /// <summary>At this time no child runs.</summary>
    private static ProcessStartInfo Start(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
            KeptTokens.Load(path); // what is not whole is refused
        return new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "score.dll"), "compress", .. Enumerable.Range(0, Videos).Select(index => $"synthetic:test-{(index % 2 == 0 ? "short" : "medium")}-{index}"),
                "--ratio", "0.5", "--format", "tokens", "--output", folder,
            ])
        { RedirectStandardOutput = true };
    }

    private static byte[] Result(string folder)
    {
        Console.WriteLine($"{Directory.GetFiles(folder, "*" + Extension).Length} files of kept tokens, no other");
        return FolderContent.Read(folder);
    }
}
