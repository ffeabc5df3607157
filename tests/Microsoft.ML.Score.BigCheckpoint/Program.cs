using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>
/// Writes a Qwen2.5-VL or Qwen3-VL checkpoint of random bf16 weights in several shards, then loads it in a fresh process, encodes a small clip
/// and answers, and holds that process to its limits: loaded in 5 s, peak memory below the files' size + 1.5 GB. Exit code 1
/// beyond either.
/// <code>dotnet run -c Release --project tests/Microsoft.ML.Score.BigCheckpoint [-- --model qwen3-vl] [--gigabytes 2.5] [--folder DIR]</code>
/// </summary>
internal static class Program
{
    private const string Qwen25VL = "qwen25-vl", Qwen3VL = "qwen3-vl";

    public static int Main(string[] args)
    {
        var model = new Option<string>("--model") { Description = "The architecture.", DefaultValueFactory = _ => Qwen25VL };
        model.AcceptOnlyFromAmong(Qwen25VL, Qwen3VL);
        var gigabytes = new Option<double>("--gigabytes") { Description = "Size of the checkpoint; below 1 with the sizes of a small model.", DefaultValueFactory = _ => 2.5, CustomParser = Number };
        var folder = new Option<string?>("--folder") { Description = "Where to write it and leave it; by default a temporary folder, deleted at the end." };
        var source = new Argument<string>("folder") { Description = "The checkpoint." };
        var answer = new Command("answer", "The child: loads, encodes, answers and reports.") { source };
        answer.SetAction(parsed => AnswerRun.Run(parsed.GetValue(source)!));
        var root = new RootCommand("Writes a large synthetic checkpoint and answers with it within bounded time and memory.") { model, gigabytes, folder, answer };
        root.SetAction(parsed => Run(parsed.GetRequiredValue(model), (long)(parsed.GetValue(gigabytes) * 1e9), parsed.GetValue(folder)));
        return root.Parse(args).Invoke();
    }

    // Without thousands separators: a decimal comma is no other number.
    private static double Number(ArgumentResult result)
    {
        if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0)
            return number;
        result.AddError($"--gigabytes must be a positive number with a decimal point, got '{result.Tokens[0].Value}'.");
        return default;
    }

    private static int Run(string model, long bytes, string? folder)
    {
        var target = folder ?? Directory.CreateTempSubdirectory("score-big-checkpoint").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            var large = bytes >= 1_000_000_000;
            SyntheticCheckpoint.Write(target, model == Qwen3VL ? Qwen3VLShape.Of(large) : Qwen25VLShape.Of(large), bytes);
            Console.WriteLine($"written in {clock.Elapsed.TotalSeconds:F1} s: {target}");
            return AnswerInFreshProcess(target);
        }
        finally
        {
            if (folder is null)
                Directory.Delete(target, recursive: true);
        }
    }

    private static int AnswerInFreshProcess(string folder)
    {
        var program = Environment.GetCommandLineArgs()[0];
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(program);
        start.ArgumentList.Add("answer");
        start.ArgumentList.Add(folder);
        using var child = Process.Start(start)!;
        child.WaitForExit();
        return child.ExitCode;
    }
}
