using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>The records of one benchmark under several systems; <see cref="BenchmarkResult"/> makes figures of them. Immutable.</summary>
public sealed class BenchmarkRun
{
    internal BenchmarkRun(string name, IReadOnlyList<BenchmarkMetric> metrics, IReadOnlyList<VideoRecord> videos, IReadOnlyList<QuestionRecord> questions)
    {
        Name = name;
        Metrics = metrics;
        Videos = videos;
        Questions = questions;
        Systems = [.. videos.Select(video => video.System!).Distinct()];
    }

    /// <summary>The benchmark's name.</summary>
    public string Name { get; }

    /// <summary>The figures that the benchmark is reported by, the main one first.</summary>
    public IReadOnlyList<BenchmarkMetric> Metrics { get; }

    /// <summary>What was compared, in the order in which it was given.</summary>
    public IReadOnlyList<BenchmarkSystem> Systems { get; }

    /// <summary>One record per video and system, ordered by video, then by system.</summary>
    public IReadOnlyList<VideoRecord> Videos { get; }

    /// <summary>One record per question and system, ordered by video, then by system, then by question.</summary>
    public IReadOnlyList<QuestionRecord> Questions { get; }

    /// <summary>Videos that were left out because their files are not there.</summary>
    public IReadOnlyList<string> MissingVideos { get; init; } = [];

    /// <summary>What was wrong with videos that could not be decoded or encoded, one message per video; they were left out.</summary>
    public IReadOnlyList<string> UnreadableVideos { get; init; } = [];

    /// <summary>The length classes, in the benchmark's order.</summary>
    public IReadOnlyList<string> LengthClasses => [.. Questions.Select(question => question.LengthClass).Distinct()];

    /// <summary>What guessing would score: the mean over all questions of 1 / options; NaN without a question.</summary>
    public double ChanceLevel => Questions.Select(question => 1.0 / question.OptionCount).DefaultIfEmpty(double.NaN).Average();

    /// <summary>The records of one length class alone.</summary>
    /// <param name="lengthClass">One of <see cref="LengthClasses"/>.</param>
    /// <exception cref="ArgumentException">No video is of that class.</exception>
    public BenchmarkRun OfLength(string lengthClass)
    {
        ArgumentNullException.ThrowIfNull(lengthClass);
        if (!LengthClasses.Contains(lengthClass))
            throw new ArgumentException($"{Name} has no videos of length '{lengthClass}'; it has {string.Join(", ", LengthClasses)}.", nameof(lengthClass));

        return new(
            Name, Metrics, [.. Videos.Where(video => video.LengthClass == lengthClass)], [.. Questions.Where(question => question.LengthClass == lengthClass)]);
    }
}

/// <summary>One answer: a "question" line of <see cref="BenchmarkRecords"/>, and what the benchmark knows of the question.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="SystemKey">Name and budget of the system, which tell it apart within a file.</param>
/// <param name="VideoId">The video asked about.</param>
/// <param name="Number">The question's number within the video, from 0.</param>
/// <param name="QuestionId">The benchmark's own name of the question; empty where it has none.</param>
/// <param name="Category">The question's category.</param>
/// <param name="Response">What the model said.</param>
/// <param name="ChosenIndex">The option that the response names; null when none could be read from it, which counts as wrong.</param>
/// <param name="AnswerIndex">The right option.</param>
/// <param name="PrefillTime">From the question to the end of the prefill: the language model has read all kept tokens, and none of the answer is chosen.</param>
/// <param name="GenerationTime">The time of the answer after it.</param>
public sealed record QuestionRecord(
    string Benchmark,
    [property: JsonPropertyName("system")] string SystemKey,
    [property: JsonPropertyName("video")] string VideoId,
    int Number,
    [property: JsonPropertyName("id")] string QuestionId,
    string Category,
    string Response,
    [property: JsonPropertyName("chosen")] int? ChosenIndex,
    [property: JsonPropertyName("answer")] int AnswerIndex,
    [property: JsonPropertyName("prefill"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan PrefillTime,
    [property: JsonPropertyName("generate"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan GenerationTime)
{
    /// <summary>The system that answered; null for a line of a file that no run has taken up.</summary>
    [JsonIgnore]
    public BenchmarkSystem? System { get; init; }

    /// <summary>The video's length class.</summary>
    [JsonIgnore]
    public string LengthClass { get; init; } = "";

    /// <summary>Every class by which the question counts. Default the task named by <see cref="Category"/>.</summary>
    [JsonIgnore]
    public IReadOnlyList<QuestionCategory> Categories { get; init; } = [new(QuestionCategory.Task, Category)];

    /// <summary>How many options there were to choose from, at least 2. Default 2.</summary>
    [JsonIgnore]
    public int OptionCount { get; init; } = 2;

    /// <summary>Whether the right option was chosen.</summary>
    [JsonIgnore]
    public bool IsCorrect => ChosenIndex == AnswerIndex;
}

/// <summary>What a system did with one video: a "video" line of <see cref="BenchmarkRecords"/>, and the video's length class.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="SystemKey">Name and budget of the system, which tell it apart within a file.</param>
/// <param name="VideoId">The video.</param>
/// <param name="TokenCount">T*N, tokens before compression.</param>
/// <param name="KeptCount">Tokens that reached the language model.</param>
/// <param name="CaptionCrossEntropy">Mean cross-entropy of the caption in nats per token; null without a caption.</param>
/// <param name="DecodingTime">Waiting for frames: FFmpeg, or the generator of a synthetic clip.</param>
/// <param name="EncodingTime">Resizing, normalising and the vision encoder. One encoding serves all systems of a video, except those that encode it again.</param>
/// <param name="CompressionTime">Choosing tokens, or merging them.</param>
/// <param name="GatherTime">Copying the chosen tokens; zero for mergers, which make theirs while they compress.</param>
/// <param name="PeakMemory">The most memory that the process had held by then, in bytes (its resident set, pages of mapped weights included).</param>
public sealed record VideoRecord(
    string Benchmark,
    [property: JsonPropertyName("system")] string SystemKey,
    [property: JsonPropertyName("video")] string VideoId,
    [property: JsonPropertyName("tokens")] int TokenCount,
    [property: JsonPropertyName("kept")] int KeptCount,
    double? CaptionCrossEntropy,
    [property: JsonPropertyName("decode"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan DecodingTime,
    [property: JsonPropertyName("encode"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan EncodingTime,
    [property: JsonPropertyName("compress"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan CompressionTime,
    [property: JsonPropertyName("gather"), JsonConverter(typeof(MillisecondsConverter))] TimeSpan GatherTime,
    long PeakMemory)
{
    /// <summary>The system; null for a line of a file that no run has taken up.</summary>
    [JsonIgnore]
    public BenchmarkSystem? System { get; init; }

    /// <summary>The video's length class.</summary>
    [JsonIgnore]
    public string LengthClass { get; init; } = "";

    /// <summary>SHA-256 of the video file, in hexadecimal; null for a clip that is no file, and in older records.</summary>
    [JsonInclude, JsonPropertyName("file"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? FileHash { get; init; }
}

/// <summary>A time as milliseconds with three decimals.</summary>
internal sealed class MillisecondsConverter : JsonConverter<TimeSpan>
{
    /// <summary>What a <see cref="TimeSpan"/> can hold, and sums of them.</summary>
    private const double Most = 1e11;

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble() is >= 0 and <= Most and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : throw new JsonException("a time is out of range");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value.TotalMilliseconds, 3));
}
