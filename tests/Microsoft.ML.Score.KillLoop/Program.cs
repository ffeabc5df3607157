using System.CommandLine;
using System.Diagnostics;

namespace Microsoft.ML.Score;

/// <summary>
/// Trains in a child process that is killed (SIGKILL) at random moments and started again until it ends by itself, and compares the
/// policy file with that of an undisturbed child, which runs on one processor. Exit code 1 when the bytes differ.
/// <code>dotnet run --project tests/Microsoft.ML.Score.KillLoop [-- --kills 20] [--model tiny]</code>
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var kills = new Option<int>("--kills") { Description = "How often to kill the child.", DefaultValueFactory = _ => 20 };
        var model = new Option<string>("--model") { Description = "'planted' (a small fake), 'tiny' or a checkpoint folder.", DefaultValueFactory = _ => "planted" };
        var seed = new Option<int>("--seed") { Description = "Seed of the kill moments.", DefaultValueFactory = _ => 1 };
        var folder = new Argument<string>("folder") { Description = "Where the child keeps its checkpoint and writes its policy." };

        var train = new Command("train", "The child: trains once, from the checkpoint in the folder if there is one.") { folder, model };
        train.SetAction(parsed => TrainingChild.Run(parsed.GetValue(folder)!, parsed.GetValue(model)!));
        var root = new RootCommand("Kills a training process again and again and compares the policy it ends with.") { kills, model, seed, train };
        root.SetAction(parsed => KillLoop(parsed.GetValue(kills), parsed.GetValue(model)!, parsed.GetValue(seed)));
        return root.Parse(args).Invoke();
    }

    private static int KillLoop(int kills, string model, int seed)
    {
        var scratch = Directory.CreateTempSubdirectory("score-kill-loop").FullName;
        try
        {
            var (calm, disturbed) = (Path.Combine(scratch, "calm"), Path.Combine(scratch, "disturbed"));
            var clock = Stopwatch.StartNew();
            using (var child = Start(calm, model, processors: "1"))
            {
                child.WaitForExit();
                ThrowIfFailed(child);
            }
            var undisturbed = clock.Elapsed;
            var expected = File.ReadAllBytes(TrainingChild.PolicyPath(calm));
            Console.WriteLine($"undisturbed: {undisturbed.TotalSeconds:F1} s, policy of {expected.Length} bytes");

            // A child has to live long enough to start and take a step or two now and then, or nothing would ever end.
            var random = new Random(seed);
            var killed = 0;
            while (true)
            {
                using var child = Start(disturbed, model);
                var patience = killed < kills ? undisturbed * (0.1 + 0.5 * random.NextDouble()) : Timeout.InfiniteTimeSpan;
                if (child.WaitForExit(patience))
                {
                    ThrowIfFailed(child);
                    if (killed >= kills)
                        break;
                    Directory.Delete(disturbed, recursive: true); // it got through: once more from the start
                    continue;
                }
                child.Kill();
                child.WaitForExit();
                killed++;
            }

            var equal = File.ReadAllBytes(TrainingChild.PolicyPath(disturbed)).AsSpan().SequenceEqual(expected);
            Console.WriteLine($"killed {killed} times in {clock.Elapsed.TotalSeconds:F1} s: the policy files are {(equal ? "equal" : "DIFFERENT")}");
            return equal ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static Process Start(string folder, string model, string? processors = null)
    {
        var host = Environment.ProcessPath!;
        string[] assembly = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(Program).Assembly.Location] : [];
        var start = new ProcessStartInfo(host, [.. assembly, "train", folder, "--model", model]);
        if (processors is not null)
            start.Environment["DOTNET_PROCESSOR_COUNT"] = processors;
        return Process.Start(start)!;
    }

    private static void ThrowIfFailed(Process child)
    {
        if (child.ExitCode != 0)
            throw new InvalidOperationException($"The child failed with exit code {child.ExitCode}.");
    }
}
