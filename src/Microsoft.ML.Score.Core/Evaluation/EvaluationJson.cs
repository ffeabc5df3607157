using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>The JSON of an <see cref="EvaluationDocument"/>, both ways. What later versions added may be missing: documents of before are read too.</summary>
internal sealed record EvaluationJson(
    IReadOnlyDictionary<string, string> Run,
    long Seed,
    IReadOnlyList<BenchmarkJson> Benchmarks,
    IReadOnlyList<SystemJson> Systems,
    MeasuredJson Measured,
    [property: JsonPropertyOrder(-4)] string? Version = null,
    [property: JsonPropertyOrder(-3)] string? Command = null,
    [property: JsonPropertyOrder(-2)] ModelJson? Model = null,
    [property: JsonPropertyOrder(-1)] IReadOnlyList<PolicyJson>? Policies = null)
{
    // A property that is there twice has two values, of which a reader would take one without a word.
    private static readonly EvaluationJsonContext s_context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Write(EvaluationDocument document) => JsonSerializer.Serialize(Of(document), s_context.EvaluationJson);

    /// <exception cref="JsonException">It is no such document, or its numbers cannot be.</exception>
    public static EvaluationDocument Read(ReadOnlySpan<byte> bytes)
    {
        // Files that passed through an editor may begin with a mark.
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            bytes = bytes[3..];
        return (JsonSerializer.Deserialize(bytes, s_context.EvaluationJson) ?? throw new JsonException("it is null")).ToDocument();
    }

    private static EvaluationJson Of(EvaluationDocument document) => new(
        document.Run, document.Result.Seed, [.. document.Result.Benchmarks.Zip(document.QuestionsNotAsked, BenchmarkJson.Of)], [.. document.Result.Systems.Select(SystemJson.Of)],
        new MeasuredJson(document.Concurrency, document.Result.PeakMemory, document.Date?.UtcDateTime), document.Version, document.Command,
        new ModelJson(document.ModelSource, document.ModelFingerprint), [.. document.Policies.Select(PolicyJson.Of)]);

    private EvaluationDocument ToDocument()
    {
        Check(Benchmarks.Count > 0 && !Benchmarks.Contains(null!), "it has no benchmark");
        Check(Benchmarks.Select(benchmark => benchmark.Name).Distinct().Count() == Benchmarks.Count, "a benchmark is there twice");
        Check(Systems.Count > 0 && !Systems.Contains(null!), "it has no system");
        Check(Systems.Select(system => (system.Name, system.RetentionRatio, system.TokenCount)).Distinct().Count() == Systems.Count, "a system is there twice with one budget");
        Check(Policies?.Contains(null!) != true, "a policy is null");
        Check(Measured is { Concurrency: >= 1, PeakMemoryBytes: >= 0 }, "a measured number is out of range");
        CheckTexts(Run.Values);
        return new EvaluationDocument(new BenchmarkResult(
            Seed, [.. Benchmarks.Select(benchmark => benchmark.ToSummary())], [.. Systems.Select(system => system.ToResult(Benchmarks))], Measured.PeakMemoryBytes))
        {
            QuestionsNotAsked = [.. Benchmarks.Select(benchmark => benchmark.QuestionsNotAsked)],
            Run = Run,
            Concurrency = Measured.Concurrency,
            ModelSource = Model?.Source,
            ModelFingerprint = Model?.Fingerprint ?? Run.GetValueOrDefault("model"),
            Policies = [.. (Policies ?? []).Select(policy => policy.ToPolicy())],
            Version = Version,
            Command = Command,
            Date = Measured.Date is { } date ? new DateTimeOffset(date.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(date, DateTimeKind.Utc) : date.ToUniversalTime()) : null,
        };
    }

    /// <exception cref="JsonException">Something cannot be.</exception>
    internal static void Check(bool isRight, string fault)
    {
        if (!isRight)
            throw new JsonException(fault);
    }

    internal static void CheckTexts(IEnumerable<string?> texts) => Check(!texts.Contains(null), "a text is null");

    /// <summary>A number may be written larger than any double, which reads as infinity.</summary>
    internal static Estimate Checked(Estimate? estimate)
    {
        Check(
            estimate is { Count: >= 1, Clusters: >= 1 } && estimate.Clusters <= estimate.Count && double.IsFinite(estimate.Value) && double.IsFinite(estimate.StandardError) && double.IsFinite(estimate.Low)
            && double.IsFinite(estimate.High) && estimate.StandardError >= 0 && estimate.Low <= estimate.High,
            "an estimate is null or has a number out of range");
        return estimate!;
    }
}

/// <summary>What was asked in one benchmark.</summary>
internal sealed record BenchmarkJson(
    string Name, IReadOnlyList<string> Metrics, int Videos, int Questions, double Chance, IReadOnlyList<string> MissingVideos, IReadOnlyList<string> UnreadableVideos,
    IReadOnlyList<string> QuestionsNotAsked)
{
    public static BenchmarkJson Of(BenchmarkSummary summary, IReadOnlyList<string> notAsked) => new(
        summary.Name, summary.Metrics, summary.Videos, summary.Questions, summary.ChanceLevel, summary.MissingVideos, summary.UnreadableVideos, notAsked);

    public BenchmarkSummary ToSummary()
    {
        EvaluationJson.Check(Metrics.Count > 0, $"benchmark '{Name}' has no metric");
        EvaluationJson.Check(Videos >= 1 && Questions >= 1 && Chance is > 0 and <= 1, $"a number of benchmark '{Name}' is out of range");
        EvaluationJson.CheckTexts([.. Metrics, .. MissingVideos, .. UnreadableVideos, .. QuestionsNotAsked]);
        return new BenchmarkSummary(Name, Metrics, Videos, Questions, Chance, MissingVideos, UnreadableVideos);
    }
}

/// <summary>A row.</summary>
internal sealed record SystemJson(
    string Name, double? RetentionRatio, int? TokenCount, double ActualRetention, double Tokens, Estimate Accuracy, Estimate? KeptShareOfAllTokens, Estimate? ScoreMinusThis,
    Estimate? CaptionCrossEntropy, int UnreadableAnswers, IReadOnlyDictionary<string, BenchmarkScoreJson> Benchmarks, TimesJson Measured, bool IsReference = false, int Runs = 1,
    Estimate? MinusAllTokens = null)
{
    public static SystemJson Of(SystemResult system) => new(
        system.Name, system.RetentionRatio, system.TokenCount, system.Retention, system.Tokens, system.Accuracy, system.KeptShare, system.ReferenceMinusThis, system.CaptionCrossEntropy,
        system.UnreadableAnswers, system.Benchmarks.ToDictionary(score => score.Benchmark, BenchmarkScoreJson.Of), TimesJson.Of(system), system.IsReference, system.Runs, system.MinusAllTokens);

    public SystemResult ToResult(IReadOnlyList<BenchmarkJson> benchmarks)
    {
        EvaluationJson.Check(
            RetentionRatio is null or (> 0 and <= 1) && TokenCount is null or >= 1 && RetentionRatio is null != TokenCount is null && double.IsFinite(ActualRetention) && ActualRetention > 0
            && double.IsFinite(Tokens) && Tokens > 0 && Runs >= 1 && UnreadableAnswers >= 0,
            $"a number of system '{Name}' is out of range");
        EvaluationJson.Check(
            benchmarks.All(benchmark => Benchmarks.TryGetValue(benchmark.Name, out var score) && score?.Metrics.Keys.SequenceEqual(benchmark.Metrics) == true),
            $"system '{Name}' lacks a figure of a benchmark");
        foreach (var estimate in new[] { KeptShareOfAllTokens, ScoreMinusThis, CaptionCrossEntropy, MinusAllTokens }.OfType<Estimate>())
            EvaluationJson.Checked(estimate);
        return new SystemResult(
            Name, RetentionRatio, TokenCount, IsReference, Runs, ActualRetention, Tokens, EvaluationJson.Checked(Accuracy), KeptShareOfAllTokens, ScoreMinusThis, CaptionCrossEntropy,
            Measured.ToTimes(), Measured.SpeedUp, [.. benchmarks.Select(benchmark => Benchmarks[benchmark.Name].ToScore(benchmark.Name))])
        {
            MinusAllTokens = MinusAllTokens,
        };
    }
}

/// <summary>A row's figures of one benchmark.</summary>
internal sealed record BenchmarkScoreJson(
    IReadOnlyDictionary<string, Estimate> Metrics, IReadOnlyDictionary<string, Estimate> AccuracyByLength, IReadOnlyDictionary<string, Estimate> AccuracyByCategory, int UnreadableAnswers,
    Estimate? ScoreMinusThis = null)
{
    public static BenchmarkScoreJson Of(BenchmarkScore score) => new(ByName(score.Metrics), ByName(score.ByLength), ByName(score.ByCategory), score.UnreadableAnswers, score.ReferenceMinusThis);

    public BenchmarkScore ToScore(string benchmark)
    {
        EvaluationJson.Check(UnreadableAnswers >= 0, "a number of answers is out of range");
        return new BenchmarkScore(
            benchmark, Named(Metrics), Named(AccuracyByLength), Named(AccuracyByCategory), ScoreMinusThis is null ? null : EvaluationJson.Checked(ScoreMinusThis), UnreadableAnswers);
    }

    private static Dictionary<string, Estimate> ByName(IReadOnlyList<NamedEstimate> figures) => figures.ToDictionary(figure => figure.Name, figure => figure.Estimate);

    private static NamedEstimate[] Named(IReadOnlyDictionary<string, Estimate> figures) => [.. figures.Select(figure => new NamedEstimate(figure.Key, EvaluationJson.Checked(figure.Value)))];
}

/// <summary>What depends on the clock and the machine.</summary>
internal sealed record MeasuredJson(int Concurrency, long PeakMemoryBytes, [property: JsonPropertyOrder(-1)] DateTime? Date = null);

/// <summary>A row's times.</summary>
internal sealed record TimesJson(
    double DecodeMilliseconds, double EncodeMilliseconds, double CompressMilliseconds, double GatherMilliseconds, double PrefillMilliseconds, double GenerateMilliseconds, double SpeedUp)
{
    private const double MostMilliseconds = 1e11;

    public static TimesJson Of(SystemResult system) => new(
        system.Times.Decoding.TotalMilliseconds, system.Times.Encoding.TotalMilliseconds, system.Times.Compression.TotalMilliseconds, system.Times.Gather.TotalMilliseconds,
        system.Times.Prefill.TotalMilliseconds, system.Times.Generation.TotalMilliseconds, system.SpeedUp);

    public SystemTimes ToTimes()
    {
        EvaluationJson.Check(double.IsFinite(SpeedUp) && SpeedUp >= 0, "a speed-up is out of range");
        return new SystemTimes(
            Time(DecodeMilliseconds), Time(EncodeMilliseconds), Time(CompressMilliseconds), Time(GatherMilliseconds), Time(PrefillMilliseconds), Time(GenerateMilliseconds));
    }

    private static TimeSpan Time(double milliseconds)
    {
        EvaluationJson.Check(milliseconds is >= 0 and <= MostMilliseconds, "a time is out of range");
        return TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond));
    }
}

/// <summary>The frozen model.</summary>
internal sealed record ModelJson(string? Source, string? Fingerprint);

/// <summary>A policy with where it came from; null stands for what its file does not tell.</summary>
internal sealed record PolicyJson(string System, string Sha256, ProvenanceJson? Provenance)
{
    public static PolicyJson Of(EvaluatedPolicy policy) => new(policy.System, policy.Hash, policy.Provenance is { } provenance ? ProvenanceJson.Of(provenance) : null);

    public EvaluatedPolicy ToPolicy() => new(System, Sha256, Provenance?.ToProvenance());
}

/// <summary>The names are those of <c>score policy --json</c>.</summary>
internal sealed record ProvenanceJson(
    string Version, string Model, string ModelFingerprint, int Seed, int WarmUpSteps, int MainSteps, int KeptStep, double RetentionRatio, int Rows, int Stills, string RowsSha256,
    string? InitialPolicySha256, double? ValidationCrossEntropy, double? UntrainedCrossEntropy)
{
    public static ProvenanceJson Of(PolicyProvenance origin) => new(
        origin.Version, origin.Model, origin.ModelFingerprint, origin.Seed, origin.WarmUpSteps, origin.MainSteps, origin.KeptStep, origin.RetentionRatio, origin.Rows, origin.Stills,
        origin.RowsHash, origin.InitialPolicy, origin.ValidationCrossEntropy, origin.UntrainedCrossEntropy);

    public PolicyProvenance ToProvenance()
    {
        EvaluationJson.Check(
            RetentionRatio is > 0 and <= 1 && ValidationCrossEntropy is null or (>= 0 and < double.PositiveInfinity) && UntrainedCrossEntropy is null or (>= 0 and < double.PositiveInfinity),
            "a number of a policy's provenance is out of range");
        return new PolicyProvenance
        {
            Version = Version,
            Model = Model,
            ModelFingerprint = ModelFingerprint,
            Seed = Seed,
            WarmUpSteps = WarmUpSteps,
            MainSteps = MainSteps,
            KeptStep = KeptStep,
            RetentionRatio = RetentionRatio,
            Rows = Rows,
            Stills = Stills,
            RowsHash = RowsSha256,
            InitialPolicy = InitialPolicySha256,
            ValidationCrossEntropy = ValidationCrossEntropy,
            UntrainedCrossEntropy = UntrainedCrossEntropy,
        };
    }
}

[JsonSerializable(typeof(EvaluationJson))]
internal sealed partial class EvaluationJsonContext : JsonSerializerContext;
