using System.CommandLine;
using System.Globalization;

namespace Score.Mutations;

/// <summary>
/// Damages one small file of every format that the product reads, over and over, and reads each. A reader may give a valid result or one
/// typed error that names the file in fewer than 500 characters; anything else, too much time and too much memory are failures. Our own
/// formats are cut off at every byte and changed at every byte; what FFmpeg reads is damaged at random from a seed. Exit code 1 when a reader failed.
/// <code>dotnet run --project tests/Microsoft.ML.Score.Mutations [-- --formats policy,zip] [--videos 500] [--seed 1] [--keep FOLDER]</code>
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var formats = new Option<string>("--formats") { Description = "Only formats whose names begin with one of these, separated by commas.", DefaultValueFactory = _ => "" };
        var videos = new Option<int>("--videos") { Description = "Mutations of each format that FFmpeg reads; 0 leaves them out.", DefaultValueFactory = _ => 500 };
        var stride = new Option<int>("--stride") { Description = "Mutate every so many bytes of our own formats; 1 is all of them.", DefaultValueFactory = _ => 1 };
        var seed = new Option<int>("--seed") { Description = "Seed of the random mutations.", DefaultValueFactory = _ => 1 };
        var limit = new Option<int>("--limit") { Description = "Seconds that one input may take.", DefaultValueFactory = _ => 20 };
        var keep = new Option<string?>("--keep") { Description = "A folder for the inputs that failed." };
        var root = new RootCommand("Reads damaged files of every format.") { formats, videos, stride, seed, limit, keep };
        root.SetAction(parsed =>
        {
            var words = parsed.GetValue(formats)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var limits = new ReadingLimits(TimeSpan.FromSeconds(parsed.GetValue(limit)), parsed.GetValue(keep));
            using var scratch = new TemporaryFolder();
            // No cache of the user's is written.
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", scratch.File("cache"));
            return Run(words, parsed.GetValue(stride), parsed.GetValue(videos), parsed.GetValue(seed), limits, scratch);
        });
        return root.Parse(args).Invoke();
    }

    private static int Run(string[] words, int stride, int videos, int seed, ReadingLimits limits, TemporaryFolder scratch)
    {
        var sources = new List<(MutatedFormat Format, Func<byte[], IEnumerable<byte[]>> Mutations)>();
        using var checkpoints = new CheckpointFormats();
        foreach (var format in new OwnFormats(scratch).All().Concat(new RowFormats(scratch).All()).Concat(checkpoints.All()))
            sources.Add((format, bytes => Mutations.OfEveryByte(bytes, stride)));
        if (videos > 0)
            foreach (var format in VideoFormats.All(scratch))
                sources.Add((format, bytes => Mutations.Random(bytes, videos, seed)));

        Console.WriteLine($"{"format",-34}{"bytes",8}{"inputs",9}{"valid",9}{"refused",9}{"failed",8}{"longest error",15}{"slowest, ms",13}");
        var (inputs, failed) = (0L, 0L);
        foreach (var (format, mutations) in sources.Where(source => words.Length == 0 || words.Any(word => source.Format.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase))))
        {
            var count = new FormatReadings(format, limits).Read(format.Damaged(mutations));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{format.Name,-34}{format.Bytes.Length,8}{count.Inputs,9}{count.Valid,9}{count.Refused,9}{count.Failures.Count,8}{count.LongestMessage,15}{count.Slowest.TotalMilliseconds,13:0}"));
            foreach (var failure in count.Failures.Take(3))
                Console.WriteLine($"  {failure}");
            inputs += count.Inputs;
            failed += count.Failures.Count;
        }

        Console.WriteLine($"{inputs} inputs, {failed} failed");
        return failed == 0 && inputs > 0 ? 0 : 1;
    }
}
