using System.CommandLine;
using System.Diagnostics;

namespace Score.KillLoop;

/// <summary>
/// Runs a child process, a training, an evaluation, an annotation, an encoding of features or a compression, that is killed (SIGKILL) at random moments and started again until it ends by
/// itself, and compares what it ends with to an undisturbed child's, which runs on one processor. Exit code 1 when they differ.
/// <code>dotnet run --project tests/Microsoft.ML.Score.KillLoop [-- --eval | --annotate | --features | --compress] [--kills 20] [--model tiny]</code>
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var kills = new Option<int>("--kills") { Description = "How often to kill the child.", DefaultValueFactory = _ => 20 };
        var model = new Option<string>("--model") { Description = "What is trained on: 'planted' (a small fake), 'tiny' or a checkpoint folder.", DefaultValueFactory = _ => "planted" };
        var eval = new Option<bool>("--eval") { Description = "Kill 'score eval' instead of a training." };
        var annotate = new Option<bool>("--annotate") { Description = "Kill 'score annotate' instead of a training. It needs FFmpeg." };
        var features = new Option<bool>("--features") { Description = "Kill 'score train --features' while it encodes, instead of a training." };
        var compress = new Option<bool>("--compress") { Description = "Kill 'score compress --output' instead of a training." };
        var seed = new Option<int>("--seed") { Description = "Seed of the kill moments.", DefaultValueFactory = _ => 1 };
        var folder = new Argument<string>("folder") { Description = "Where the child keeps its checkpoint and writes its policy." };

        var train = new System.CommandLine.Command("train", "The child: trains once, from the checkpoint in the folder if there is one.") { folder, model };
        train.SetAction(parsed => TrainingChild.Run(parsed.GetValue(folder)!, parsed.GetValue(model)!));
        var root = new RootCommand("Kills a process again and again and compares what it ends with.") { kills, model, eval, annotate, features, compress, seed, train };
        root.SetAction(parsed =>
        {
            using var annotation = parsed.GetValue(annotate) ? new AnnotationChild() : null;
            var work = annotation?.Work
                ?? (parsed.GetValue(eval) ? EvaluationChild.Work
                : parsed.GetValue(features) ? FeaturesChild.Work
                : parsed.GetValue(compress) ? CompressionChild.Work
                : TrainingChild.Work(parsed.GetValue(model)!));
            return KillLoop(work, parsed.GetValue(kills), parsed.GetValue(seed));
        });
        return root.Parse(args).Invoke();
    }

    private static int KillLoop(KilledWork work, int kills, int seed)
    {
        var scratch = Directory.CreateTempSubdirectory("score-kill-loop").FullName;
        try
        {
            var (calm, disturbed) = (Path.Combine(scratch, "calm"), Path.Combine(scratch, "disturbed"));
            var clock = Stopwatch.StartNew();
            using (var child = Start(work, calm, processors: "1"))
            {
                child.WaitForExit();
                ThrowIfFailed(child);
            }
            var undisturbed = clock.Elapsed;
            var expected = work.Result(calm);
            Console.WriteLine($"undisturbed: {undisturbed.TotalSeconds:F1} s, {work.Name} of {expected.Length} bytes");

            // A child has to live long enough to start and take a step or two now and then, or nothing would ever end.
            var random = new Random(seed);
            var killed = 0;
            while (true)
            {
                var isFresh = !Directory.Exists(disturbed);
                var life = Stopwatch.StartNew();
                using var child = Start(work, disturbed);
                var patience = killed < kills ? undisturbed * (0.1 + 0.5 * random.NextDouble()) : Timeout.InfiniteTimeSpan;
                if (child.WaitForExit(patience))
                {
                    ThrowIfFailed(child);
                    if (killed >= kills)
                        break;
                    if (isFresh && life.Elapsed < undisturbed)
                        undisturbed = life.Elapsed; // the machine was busier before
                    Directory.Delete(disturbed, recursive: true); // it got through: once more from the start
                    continue;
                }
                child.Kill();
                child.WaitForExit();
                killed++;
            }

            var equal = work.Result(disturbed).AsSpan().SequenceEqual(expected);
            Console.WriteLine($"killed {killed} times in {clock.Elapsed.TotalSeconds:F1} s: the results are {(equal ? "equal" : "DIFFERENT")}");
            return equal ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static Process Start(KilledWork work, string folder, string? processors = null)
    {
        var start = work.Start(folder);
        if (processors is not null)
            start.Environment["DOTNET_PROCESSOR_COUNT"] = processors;
        var child = Process.Start(start)!;
        if (start.RedirectStandardOutput)
            child.BeginOutputReadLine();
        return child;
    }

    private static void ThrowIfFailed(Process child)
    {
        if (child.ExitCode != 0)
            throw new InvalidOperationException($"The child failed with exit code {child.ExitCode}.");
    }
}
