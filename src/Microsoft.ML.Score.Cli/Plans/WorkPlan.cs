using System.Globalization;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Output;

namespace Score.Cli.Plans;

/// <summary>What a command would do: how much of it, how many tokens, what memory and how many floating-point operations. Not safe for concurrent use.</summary>
/// <param name="command">The command, such as "score train".</param>
/// <param name="model">The model.</param>
internal sealed class WorkPlan(string command, PlannedModel model)
{
    /// <summary>Of many videos so many, evenly spaced among them, are looked into, and stand for the rest.</summary>
    public const int MostLookedInto = 64;

    private const double SecondsPerHour = 3600;

    private readonly List<(string Name, long Count)> _counts = [];
    private readonly List<string> _notes = [];
    private readonly List<(TokenGrid Grid, int Kept)> _videos = [];

    /// <summary>Of the vision encoder.</summary>
    public double EncodingFlops { get; set; }

    /// <summary>Of the language model's passes over prompts.</summary>
    public double PassFlops { get; set; }

    /// <summary>Of the tokens of answers after the first.</summary>
    public double GenerationFlops { get; set; }

    public double Flops => EncodingFlops + PassFlops + GenerationFlops;

    public PlannedModel Model => model;

    /// <summary>Says how many there are of something.</summary>
    public void Count(string what, long count) => _counts.Add((what, count));

    /// <summary>Says what the figures do not tell.</summary>
    public void Note(string note) => _notes.Add(note);

    /// <summary>Takes a video that was looked into.</summary>
    public void See(TokenGrid grid, int keptTokens) => _videos.Add((grid, keptTokens));

    /// <summary>What of a list is looked into: all, or some at equal distances.</summary>
    public static IEnumerable<int> Sample(int count) =>
        count <= MostLookedInto ? Enumerable.Range(0, count) : Enumerable.Range(0, MostLookedInto).Select(i => (int)((long)i * count / MostLookedInto));

    public double HoursHere(MeasuredSpeed speed) => ((EncodingFlops + PassFlops) / speed.Prompt + (GenerationFlops > 0 ? GenerationFlops / speed.Token!.Value : 0)) / SecondsPerHour;

    public static double HoursAt(double flops, double rate) => flops / rate / SecondsPerHour;

    public object ToJson(MeasuredSpeed speed, double? rate) => new
    {
        dryRun = command,
        model = model.Source,
        architecture = model.Description.Architecture,
        counts = _counts.ToDictionary(count => count.Name, count => count.Count),
        videosLookedInto = _videos.Count,
        tokensPerVideo = Json(Range(video => video.Grid.Count)),
        keptTokensPerVideo = Json(Range(video => video.Kept)),
        memory = Memory,
        memoryLimit = model.Options.MemoryLimit,
        fits = Memory <= model.Options.MemoryLimit,
        flops = new { encoding = EncodingFlops, passes = PassFlops, generation = GenerationFlops, total = Flops },
        here = new { backend = model.Options.Backend.Name, flopsOnPrompts = speed.Prompt, flopsOnTokens = speed.Token, hours = HoursHere(speed) },
        atRate = rate is { } named ? new { flops = named, hours = HoursAt(Flops, named) } : null,
        notes = _notes,
    };

    public void Write(TextWriter writer, MeasuredSpeed speed, double? rate)
    {
        writer.WriteLine($"dry run of {command}: no weights were loaded, nothing was written");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"model: {VisibleText.Message(model.Source)}, {model.Description.Architecture}, {model.Description.Parameters:#,0} parameters"));
        foreach (var (name, count) in _counts)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {count:#,0}"));
        writer.WriteLine($"tokens a video: {Text(Range(video => video.Grid.Count))}");
        writer.WriteLine($"kept of them: {Text(Range(video => video.Kept))}");
        writer.WriteLine($"memory, at most at a time: {ByteCount.Format(Memory)}, {(Memory <= model.Options.MemoryLimit ? "within" : "beyond")} the limit of {ByteCount.Format(model.Options.MemoryLimit)}");
        writer.WriteLine();
        var table = new TextTable(["work", "TFLOP", "hours here", .. rate is null ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"hours at {rate.Value / 1e12:G4} TFLOP/s")]]);
        Add("encode videos", EncodingFlops, speed.Prompt);
        Add("read prompts", PassFlops, speed.Prompt);
        Add("generate answers", GenerationFlops, speed.Token ?? speed.Prompt);
        table.Add(["total", Number(Flops / 1e12), Number(HoursHere(speed)), .. At(Flops)]);
        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"here: {model.Options.Backend.Name} multiplies matrices at {speed.Prompt / 1e9:G3} GFLOP/s{(speed.Token is { } token ? string.Create(CultureInfo.InvariantCulture, $", at {token / 1e9:G3} for one token at a time") : "")}, measured now"));
        foreach (var note in _notes)
            writer.WriteLine($"note: {VisibleText.Message(note)}");

        void Add(string name, double flops, double here) => table.Add([name, Number(flops / 1e12), Number(HoursAt(flops, here)), .. At(flops)]);

        string[] At(double flops) => rate is null ? [] : [Number(HoursAt(flops, rate.Value))];
    }

    /// <summary>Of the video that takes the most, with the tokens of it that reach the language model at a time.</summary>
    private long Memory => _videos.Select(video => model.Description.Estimate(video.Grid, video.Grid.Count).Total).DefaultIfEmpty(0).Max();

    private (int Least, double Mean, int Most) Range(Func<(TokenGrid Grid, int Kept), int> tokens) =>
        _videos.Count == 0 ? default : (_videos.Min(tokens), _videos.Average(tokens), _videos.Max(tokens));

    private static object Json((int Least, double Mean, int Most) range) => new { least = range.Least, mean = range.Mean, most = range.Most };

    private static string Text((int Least, double Mean, int Most) range) => range.Least == range.Most
        ? range.Most.ToString("#,0", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.Least:#,0} to {range.Most:#,0}, {range.Mean:#,0} on average");

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
