using System.Text.Json;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// A result and where it came from, as one JSON document: what <c>score eval --json</c> writes and what reports are made of. It is written and
/// read here alone. Immutable.
/// </summary>
public sealed class EvaluationDocument
{
    /// <summary>Far above a result of every benchmark with all its missing videos.</summary>
    private const long LargestFile = 64 << 20;

    /// <param name="result">What was found.</param>
    /// <exception cref="ArgumentException">Several of its benchmarks have one name, by which the document tells them apart.</exception>
    public EvaluationDocument(BenchmarkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Benchmarks.CountBy(benchmark => benchmark.Name).FirstOrDefault(count => count.Value > 1) is { Key: { } repeated })
            throw new ArgumentException($"A document tells benchmarks apart by name; there are several '{repeated}'.", nameof(result));

        Result = result;
        QuestionsNotAsked = [.. result.Benchmarks.Select(_ => (string[])[])];
    }

    /// <summary>What was found.</summary>
    public BenchmarkResult Result { get; }

    /// <summary>For each benchmark the annotated questions that were not asked, each with its reason.</summary>
    public IReadOnlyList<IReadOnlyList<string>> QuestionsNotAsked { get; init; }

    /// <summary>What decides the answers, by name, as in <see cref="BenchmarkRecords"/>.</summary>
    public IReadOnlyDictionary<string, string> Run { get; init; } = new Dictionary<string, string>();

    /// <summary>Videos that were evaluated at a time; times of several are not comparable. Default 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>The frozen model as the user named it; null in documents of before this was written.</summary>
    public string? ModelSource { get; init; }

    /// <summary>Which model it is, the same for two copies of a checkpoint; null where it is not known.</summary>
    public string? ModelFingerprint { get; init; }

    /// <summary>The policies that took part.</summary>
    public IReadOnlyList<EvaluatedPolicy> Policies { get; init; } = [];

    /// <summary>The version of the program; null in documents of before this was written.</summary>
    public string? Version { get; init; }

    /// <summary>The command line; null where there was none, and in documents of before this was written.</summary>
    public string? Command { get; init; }

    /// <summary>When the evaluation ended, in UTC; null in documents of before this was written.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>Reads a document.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is none, it is damaged, or its numbers cannot be; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EvaluationDocument Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        using var stream = File.OpenRead(path);
        if (stream.Length > LargestFile)
            throw new InvalidDataException($"'{path}' is not the result of an evaluation: it has {stream.Length} bytes, and those have at most {LargestFile}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Parse(bytes, path);
    }

    /// <param name="bytes">The document.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    internal static EvaluationDocument Parse(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return EvaluationJson.Read(bytes);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{path}' is not the result of an evaluation, as score eval --json writes it: {Excerpt.Of(exception)}", exception);
        }
    }

    /// <summary>The document as text. All that depends on the clock and on memory is under "measured"; the rest is the same whenever the same command is run.</summary>
    public string ToJson() => EvaluationJson.Write(this);
}

/// <summary>A policy that took part in an evaluation. Immutable.</summary>
/// <param name="system">The name of the rows that used it.</param>
/// <param name="hash">SHA-256 of its file, in lower-case hexadecimal.</param>
/// <param name="provenance">Where it came from; null where its file does not tell.</param>
public sealed class EvaluatedPolicy(string system, string hash, PolicyProvenance? provenance)
{
    /// <summary>The name of the rows that used it.</summary>
    public string System { get; } = system ?? throw new ArgumentNullException(nameof(system));

    /// <summary>SHA-256 of its file, in lower-case hexadecimal.</summary>
    public string Hash { get; } = hash ?? throw new ArgumentNullException(nameof(hash));

    /// <summary>Where it came from; null where its file does not tell.</summary>
    public PolicyProvenance? Provenance { get; } = provenance;
}
