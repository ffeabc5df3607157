using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Training;
using Score.Cli.Annotation;

namespace Score.Cli.Files;

/// <summary>What a command writes to a file, and how a file that is there already is told to be one of its own, which it may go on with or replace.</summary>
/// <param name="Name">In words, for messages.</param>
/// <param name="Recognizes">Whether a file, not empty, is of this kind.</param>
internal sealed record OutputKind(string Name, Func<string, bool> Recognizes)
{
    private const long LargestDocument = 1L << 30;
    private const int LongestHead = 512;

    public static OutputKind Policy { get; } = new("a policy", path =>
    {
        PolicyNetwork.Load(path);
        return true;
    });

    public static OutputKind Checkpoint { get; } = new("a checkpoint of a training", ScoreTrainer.IsCheckpointFile);

    public static OutputKind Pipeline { get; } = new("an ML.NET model of score train", PipelineFile.IsOne);

    public static OutputKind Metrics { get; } = new("a metrics record", ScoreTrainer.IsMetricsFile);

    public static OutputKind Records { get; } = new("the record of an evaluation", BenchmarkRecords.IsRecordFile) { MayBeEmpty = false };

    public static OutputKind EvaluationResults { get; } = Document("the results of an evaluation", "benchmarks", "systems", "measured");

    public static OutputKind Annotations { get; } = new("rows that score annotate wrote", AnnotationFile.HoldsOnly<AnnotatedRow>) { IsAppended = true };

    public static OutputKind Failures { get; } = new("the failures of an annotation", AnnotationFile.HoldsOnly<FailedRow>) { IsAppended = true };

    public static OutputKind Mask { get; } = Document("a mask of score compress", "video", "grid", "keptPositions");

    public static OutputKind KeptTokens { get; } = new("kept tokens of score compress", Microsoft.ML.Score.Tokens.KeptTokens.IsTokenFile);

    public static OutputKind Report { get; } = new("a report of score", ReportFile.Is);

    public static OutputKind Table { get; } = new("a table of score report", path => Head(path) is var head
        && (head.StartsWith("step,stage,loss,base_cross_entropy,", StringComparison.Ordinal) || head.StartsWith("system,retention ratio,token count,", StringComparison.Ordinal)));

    public static OutputKind Markdown { get; } = new("tables of score report", path => Head(path) is var head
        && head.StartsWith("**", StringComparison.Ordinal) && head.Contains("\n| system | budget | kept | ", StringComparison.Ordinal));

    public static OutputKind FeatureIndex { get; } = new("the index of score encode", Features.FeatureIndex.IsOne);

    /// <summary>An empty file has nothing to lose, so most commands may begin in one.</summary>
    public bool MayBeEmpty { get; private init; } = true;

    /// <summary>Written in place, not replaced.</summary>
    public bool IsAppended { get; private init; }

    /// <summary>Whether a file that exists is one of the command's own.</summary>
    public bool IsOne(string path)
    {
        if (new FileInfo(path).Length == 0)
            return MayBeEmpty;
        try
        {
            return Recognizes(path);
        }
        catch (Exception exception) when (exception is InvalidDataException or JsonException or DecoderFallbackException)
        {
            return false;
        }
    }

    private static string Head(string path)
    {
        using var reader = new StreamReader(path);
        var head = new char[LongestHead];
        return new string(head, 0, reader.ReadBlock(head));
    }

    private static OutputKind Document(string name, params string[] properties) => new(name, path =>
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > LargestDocument || stream.ReadByte() != '{')
            return false;
        stream.Position = 0;
        using var document = JsonDocument.Parse(stream);
        return properties.All(property => document.RootElement.TryGetProperty(property, out _));
    });
}
