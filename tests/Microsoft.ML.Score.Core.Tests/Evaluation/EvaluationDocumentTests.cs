using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class EvaluationDocumentTests
{
    private static readonly Estimate s_accuracy = new(0.1 + 0.2, 0.05, 0.2, 1.0 / 3, 7, 3);

    [Test]
    public void ToJson_ReadAgain_HasEveryFigureToTheLastBit()
    {
        var document = Document();

        var read = Read(document.ToJson());

        Assert.Multiple(() =>
        {
            Assert.That(read.ToJson(), Is.EqualTo(document.ToJson()));
            Assert.That(read.Result.Seed, Is.EqualTo(7));
            Assert.That(read.Result.PeakMemory, Is.EqualTo(3L << 30));
            Assert.That(read.Result.Systems.Select(system => (system.Name, system.RetentionRatio, system.TokenCount, system.IsReference, system.Runs, system.Retention, system.Tokens, system.SpeedUp)), Is.EqualTo(
                new[] { ("all tokens", (double?)1, (int?)null, false, 1, 1.0, 576.5, 1.0), ("SCORE", null, 57, true, 3, 0.1 / 3, 57, 10.125) }));
            Assert.That(read.Result.Systems[1].Accuracy, Is.EqualTo(s_accuracy));
            Assert.That(read.Result.Systems[1].KeptShare, Is.EqualTo(s_accuracy with { Value = 0.95 }));
            Assert.That(read.Result.Systems[0].KeptShare, Is.Null);
            Assert.That(read.Result.Systems[1].MinusAllTokens, Is.EqualTo(s_accuracy with { Value = -0.125, Low = -0.25 }));
            Assert.That(read.Result.Systems[1].Times, Is.EqualTo(document.Result.Systems[1].Times));
            Assert.That(read.Result.Systems[1].Benchmarks[0].ByCategory, Is.EqualTo(document.Result.Systems[1].Benchmarks[0].ByCategory));
            Assert.That(read.Result.Systems[1].Benchmarks[0].ByLength.Select(length => length.Name), Is.EqualTo(new[] { "short", "long" }));
            Assert.That(read.Result.Systems[1].Benchmarks[0].ReferenceMinusThis, Is.EqualTo(s_accuracy));
            Assert.That(read.Result.Systems[1].UnreadableAnswers, Is.EqualTo(2));
            Assert.That(read.Result.Benchmarks[0].MissingVideos, Is.EqualTo(new[] { "a <b> \u4e2d.mp4" }));
            Assert.That(read.QuestionsNotAsked, Is.EqualTo(new[] { new[] { "file.json, row 3: no answer" } }));
            Assert.That((read.ModelSource, read.ModelFingerprint, read.Version, read.Command, read.Concurrency), Is.EqualTo(("/models/qwen", "fa4e", "0.9.0", "score eval --json x.json", 2)));
            Assert.That(read.Date, Is.EqualTo(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero)));
            Assert.That((read.Policies[0].System, read.Policies[0].Hash, read.Policies[0].Provenance!.KeptStep), Is.EqualTo(("SCORE", "ab12", 40)));
        });
    }

    /// <summary>The names are a contract; what depends on the clock and on memory is under "measured" alone.</summary>
    [Test]
    public void ToJson_OfAnotherTimeAndPlace_DiffersUnderMeasuredAlone()
    {
        var (one, other) = (JsonNode.Parse(Document().ToJson())!.AsObject(), JsonNode.Parse(Document(minutes: 90).ToJson())!.AsObject());

        Assert.That(one["measured"]!.ToJsonString(), Is.EqualTo("""{"date":"2026-03-04T05:06:07Z","concurrency":2,"peakMemoryBytes":3221225472}"""));
        Assert.That(other["measured"]!.ToJsonString(), Is.Not.EqualTo(one["measured"]!.ToJsonString()));
        one.Remove("measured");
        other.Remove("measured");
        Assert.That(other.ToJsonString(), Is.EqualTo(one.ToJsonString()));
        Assert.That(one.Select(part => part.Key), Is.EqualTo(new[] { "version", "command", "model", "policies", "run", "seed", "benchmarks", "systems" }));
    }

    /// <summary>Documents of before had no version, command, model, policies or date, nor which rows are references.</summary>
    [Test]
    public void Load_DocumentOfBefore_LacksWhatWasNotWritten()
    {
        using var folder = new TemporaryFolder();
        var node = JsonNode.Parse(Document().ToJson())!.AsObject();
        foreach (var name in new[] { "version", "command", "model", "policies" })
            node.Remove(name);
        node["measured"]!.AsObject().Remove("date");
        foreach (var system in node["systems"]!.AsArray().Select(system => system!.AsObject()))
        {
            system.Remove("isReference");
            system.Remove("runs");
            system.Remove("minusAllTokens");
            system["benchmarks"]!["quiz"]!.AsObject().Remove("scoreMinusThis");
        }

        File.WriteAllText(folder.File("eval.json"), node.ToJsonString());

        var read = EvaluationDocument.Load(folder.File("eval.json"));

        Assert.That((read.Version, read.Command, read.Date, read.ModelSource, read.ModelFingerprint, read.Policies.Count), Is.EqualTo(((string?)null, (string?)null, (DateTimeOffset?)null, (string?)null, "fa4e", 0)));
        Assert.That((read.Result.Systems[1].Accuracy, read.Result.Systems[1].IsReference, read.Result.Systems[1].Runs), Is.EqualTo((s_accuracy, false, 1)));
    }

    [Test]
    public void Load_EveryByteDamaged_ReadsOrRefuses()
    {
        var bytes = Encoding.UTF8.GetBytes(JsonNode.Parse(Document().ToJson())!.ToJsonString());
        var allowance = 4 * DamagedFile.Allocated(() => EvaluationDocument.Parse(bytes, "eval.json")) + (1 << 20);

        foreach (var damaged in DamagedFile.Variants(bytes))
            DamagedFile.ReadsOrRefuses(damaged, allowance, () => EvaluationDocument.Parse(damaged, "eval.json").ToJson());
    }

    [TestCase("\"seed\":7", "\"seed\":7.5")]
    [TestCase("\"clusters\":3", "\"clusters\":8")]
    [TestCase("\"clusters\":3", "\"clusters\":0")]
    [TestCase("\"low\":0.2", "\"low\":2")]
    [TestCase("\"standardError\":0.05", "\"standardError\":-1")]
    [TestCase("\"value\":0.95", "\"value\":1e999")]
    [TestCase("\"chance\":0.25", "\"chance\":0")]
    [TestCase("\"retentionRatio\":1", "\"retentionRatio\":1.5")]
    [TestCase("\"tokenCount\":57", "\"tokenCount\":null")]
    [TestCase("\"tokenCount\":57", "\"tokenCount\":0")]
    [TestCase("\"tokens\":576.5", "\"tokens\":-1e999")]
    [TestCase("\"prefillMilliseconds\":1.5", "\"prefillMilliseconds\":1e300")]
    [TestCase("\"concurrency\":2", "\"concurrency\":0")]
    [TestCase("\"quiz\":{\"metrics\"", "\"other\":{\"metrics\"")]
    [TestCase("\"metrics\":[\"accuracy\"]", "\"metrics\":[\"figure\"]")]
    [TestCase("\"metrics\":[\"accuracy\"]", "\"metrics\":[null]")]
    [TestCase("\"seed\":7", "\"seed\":7,\"seed\":8")]
    [TestCase("\"systems\":[", "\"systems\":[null,")]
    [TestCase("\"keptStep\":40", "\"keptStep\":\"40\"")]
    public void Load_WhatCannotBe_SaysThatTheFileIsNone(string right, string wrong)
    {
        var text = JsonNode.Parse(Document().ToJson())!.ToJsonString();
        Assert.That(text, Does.Contain(right));

        Assert.That(() => Read(text.Replace(right, wrong, StringComparison.Ordinal)), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("'eval.json' is not the result of an evaluation"));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"benchmarks\":[],\"systems\":[],\"measured\":{}}")]
    public void Load_AnotherFile_SaysThatItIsNone(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("notes.json"), text);

        Assert.That(() => EvaluationDocument.Load(folder.File("notes.json")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("notes.json"));
    }

    [Test]
    public void Constructor_BenchmarksOfOneName_Throws()
    {
        var result = Document().Result;

        Assert.That(() => new EvaluationDocument(result with { Benchmarks = [result.Benchmarks[0], result.Benchmarks[0]] }), Throws.ArgumentException.With.Message.Contains("several 'quiz'"));
    }

    private static EvaluationDocument Read(string json) => EvaluationDocument.Parse(Encoding.UTF8.GetBytes(json), "eval.json");

    private static EvaluationDocument Document(int minutes = 0) => new(new BenchmarkResult(
        7, [new BenchmarkSummary("quiz", ["accuracy"], 3, 7, 0.25, ["a <b> \u4e2d.mp4"], ["'b': no video stream"])],
        [
            new SystemResult("all tokens", 1, null, false, 1, 1, 576.5, s_accuracy, null, null, s_accuracy, Times(4), 1, [Score()]),
            new SystemResult("SCORE", null, 57, true, 3, 0.1 / 3, 57, s_accuracy, s_accuracy with { Value = 0.95 }, s_accuracy, null, Times(1), 10.125, [Score()]) { MinusAllTokens = s_accuracy with { Value = -0.125, Low = -0.25 } },
        ], (3L << 30) + minutes))
    {
        QuestionsNotAsked = [["file.json, row 3: no answer"]],
        Run = new Dictionary<string, string> { ["model"] = "fa4e", ["seed"] = "7" },
        Concurrency = 2,
        ModelSource = "/models/qwen",
        ModelFingerprint = "fa4e",
        Version = "0.9.0",
        Command = "score eval --json x.json",
        Date = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddMinutes(minutes),
        Policies = [new EvaluatedPolicy("SCORE", "ab12", new PolicyProvenance { Version = "0.8.0", Model = "tiny", ModelFingerprint = "fa4e", RowsHash = "cd", KeptStep = 40, RetentionRatio = 0.1 })],
    };

    private static BenchmarkScore Score() => new("quiz", [new("accuracy", s_accuracy)], [new("short", s_accuracy), new("long", s_accuracy)], [new("colour", s_accuracy with { Value = 0.25 })], s_accuracy, 2);

    private static SystemTimes Times(int factor) => new(
        TimeSpan.FromTicks(1234567), TimeSpan.FromMilliseconds(12.345), TimeSpan.FromMicroseconds(0.1), default, TimeSpan.FromMilliseconds(1.5 * factor), TimeSpan.FromMilliseconds(0.7));
}
