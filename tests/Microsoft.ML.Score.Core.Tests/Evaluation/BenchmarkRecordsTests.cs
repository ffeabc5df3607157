using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class BenchmarkRecordsTests
{
    private static readonly Dictionary<string, string> s_run = new() { ["model"] = "fa4e", ["ratios"] = "0.5" };
    private static readonly BenchmarkSystem[] s_systems = [BenchmarkSystem.AllTokens, new(new UniformCompressor(), 0.5)];
    private static readonly SyntheticBenchmark s_benchmark = new(2, [VideoLength.Short]);

    /// <summary>Two videos with eight questions under two systems: 4 and 32 lines, and 16 prompts. The file is cut at every line, and within the line.</summary>
    [Test]
    public void Evaluate_RecordsCutOffAnywhere_AsksOnlyTheRestAndEndsTheSame()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("records.jsonl");
        var expected = Run(path, out _);
        var lines = File.ReadAllLines(path);
        Assert.That(lines, Has.Length.EqualTo(1 + 4 + 32 + 16));
        for (var whole = 1; whole < lines.Length; whole++)
        {
            File.WriteAllText(path, string.Concat(lines.Take(whole).Select(line => line + "\n")) + lines[whole][..(lines[whole].Length * whole / lines.Length)]);

            var result = Run(path, out var asked);

            Assert.That(asked, Is.EqualTo(lines.Skip(whole).Count(line => line.Contains("\"question\",", StringComparison.Ordinal))), $"after {whole} lines");
            Assert.That(Answers(result), Is.EqualTo(Answers(expected)));
            Assert.That(result.Videos.Select(Kept), Is.EqualTo(expected.Videos.Select(Kept)));
            Assert.That(File.ReadAllLines(path).Select(Identity).Order(), Is.EqualTo(lines.Select(Identity).Order()));
        }
    }

    [Test]
    public void Evaluate_FinishedRecords_NeitherEncodesNorAsks()
    {
        using var folder = new TemporaryFolder();
        Run(folder.File("records.jsonl"), out _);
        using var model = new AnsweringModel();
        using var records = BenchmarkRecords.Open(folder.File("records.jsonl"), s_run);

        s_benchmark.Evaluate(model, s_systems, new BenchmarkOptions { Records = records, MaxDegreeOfParallelism = 2 });

        Assert.That((model.Encoded, model.Asked, records.AnswerCount), Is.EqualTo((0, 0, 32)));
    }

    /// <summary>The lines as they were always written: what they say is taken up, and written again they are the same bytes.</summary>
    [Test]
    public void Evaluate_LinesOfTheFormat_AreTakenUpAndWrittenToTheByte()
    {
        const string Video = """{"kind":"video","benchmark":"synthetic","system":"all tokens at 1","video":"test-short-0","tokens":16,"kept":15,"captionCrossEntropy":0.25,"decode":1.5,"encode":2.25,"compress":0,"gather":0.125,"peakMemory":1048576}""";
        const string Question = """{"kind":"question","benchmark":"synthetic","system":"all tokens at 1","video":"test-short-0","number":0,"id":"","category":"colour","response":"(A)","chosen":null,"answer":1,"prefill":12.345,"generate":3.5}""";
        using var folder = new TemporaryFolder();
        var path = folder.File("records.jsonl");
        File.WriteAllText(path, $"{"""{"kind":"run","format":"score-eval/1","run":{"model":"fa4e","ratios":"0.5"}}"""}\n{Video}\n{Question}\n");

        var run = Run(path, out var asked);

        var (video, question) = (run.Videos[0], run.Questions[0]);
        Assert.Multiple(() =>
        {
            Assert.That(asked, Is.EqualTo(31));
            Assert.That((video.TokenCount, video.KeptCount, video.CaptionCrossEntropy, video.PeakMemory), Is.EqualTo((16, 15, 0.25, 1L << 20)));
            Assert.That(new[] { video.DecodingTime, video.EncodingTime, video.CompressionTime, video.GatherTime, question.PrefillTime, question.GenerationTime }.Select(time => time.TotalMilliseconds),
                Is.EqualTo(new[] { 1.5, 2.25, 0, 0.125, 12.345, 3.5 }).Within(1e-4));
            Assert.That((question.Response, question.ChosenIndex, question.LengthClass, question.OptionCount), Is.EqualTo(("(A)", (int?)0, "short", 4)), "answers are read anew");
            Assert.That(Written(video), Is.EqualTo(Video["{\"kind\":\"video\",".Length..]));
            Assert.That(Written(question with { ChosenIndex = null, AnswerIndex = 1 }), Is.EqualTo(Question["{\"kind\":\"question\",".Length..]));
        });

        static string Written<T>(T record) => JsonSerializer.Serialize(record, typeof(T), RecordJson.Default)[1..];
    }

    [Test]
    public void Evaluate_WithRecords_WritesEachPromptOnceAsItWasAsked()
    {
        using var folder = new TemporaryFolder();
        Run(folder.File("records.jsonl"), out _);

        var prompts = File.ReadLines(folder.File("records.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("kind").GetString() == "prompt")
            .Select(line => (line.GetProperty("benchmark").GetString(), line.GetProperty("video").GetString(), line.GetProperty("number").GetInt32(), line.GetProperty("text").GetString()));

        Assert.That(prompts, Is.EquivalentTo(Enumerable.Range(0, 2).Select(s_benchmark.GetVideo)
            .SelectMany(video => video.Questions.Select((question, number) => ("synthetic", video.Id, number, question.Text)))));
    }

    [Test]
    public void Evaluate_QuestionChangedSinceTheRecords_SaysWhichAndAsksNothing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("records.jsonl");
        Run(path, out _);
        var lines = File.ReadAllLines(path);
        var changed = Array.FindLastIndex(lines, line => line.StartsWith("{\"kind\":\"prompt\"", StringComparison.Ordinal) && line.Contains("\"number\":2,", StringComparison.Ordinal));
        lines[changed] = lines[changed].Replace("\"text\":\"", "\"text\":\"Please: ", StringComparison.Ordinal);
        File.WriteAllLines(path, lines);

        Assert.That(() => Run(path, out _), Throws.InvalidOperationException.With.Message.Contains("Question 3 about the video 'test-short-1' of synthetic").And.Message.Contains($"'{path}'"));
    }

    /// <summary>What counts is the content: another file under the name is another video, a copy with another date is the same.</summary>
    [Test]
    public void Evaluate_VideoExchangedSinceTheRecords_SaysWhichAndAsksNothing()
    {
        using var folder = new TemporaryFolder();
        var (video, path) = (FFmpegProgram.WriteCounting(folder.Path, frames: 4), folder.File("records.jsonl"));
        using var model = new AnsweringModel();
        Run();
        File.SetLastWriteTimeUtc(video, DateTime.UtcNow.AddHours(-1));
        Run();
        Assert.That((model.Encoded, model.Asked), Is.EqualTo((1 + 1, 2)), "the warm-up encodes too");

        FFmpegProgram.WriteCounting(folder.Path, frames: 6);
        Assert.That(Run, Throws.InvalidOperationException.With.Message.Contains($"'{video}' has other content").And.Message.Contains("'v1'").And.Message.Contains($"'{path}'"));
        Assert.That((model.Encoded, model.Asked), Is.EqualTo((1 + 1, 2)), "the warm-up encodes too");

        void Run()
        {
            using var records = BenchmarkRecords.Open(path, s_run);
            new OneFile(video).Evaluate(model, s_systems, new BenchmarkOptions { Records = records });
        }
    }

    [Test]
    public void Open_OtherRun_NamesWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        BenchmarkRecords.Open(folder.File("records.jsonl"), s_run).Dispose();

        Assert.That(
            () => BenchmarkRecords.Open(folder.File("records.jsonl"), new Dictionary<string, string> { ["model"] = "fa4e", ["ratios"] = "0.1" }),
            Throws.ArgumentException.With.Message.Contains("ratios was '0.5', now '0.1'").And.Message.Not.Contains("model was"));
    }

    [TestCase("")]
    [TestCase("{\"kind\":\"run\"")]
    [TestCase("notes of mine\n")]
    [TestCase("{}\n")]
    [TestCase("{\"kind\":\"run\",\"format\":\"score-eval/9\",\"run\":{}}\n")]
    [TestCase("{\"kind\":\"run\",\"format\":\"score-eval/1\"}\n")]
    [TestCase("{\"kind\":\"question\",\"number\":1}\n")]
    public void Open_AnotherFile_ThrowsAndLeavesIt(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("notes.txt"), content);

        Assert.That(() => BenchmarkRecords.Open(folder.File("notes.txt"), s_run), Throws.TypeOf<InvalidDataException>().With.Message.Contains("notes.txt"));
        Assert.That(File.ReadAllText(folder.File("notes.txt")), Is.EqualTo(content));
    }

    [Test]
    public void Open_DamagedLineInTheMiddle_Throws()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("records.jsonl");
        Run(path, out _);
        var lines = File.ReadAllLines(path);
        foreach (var damaged in new[] { "{\"kind\":\"question\"}", lines[2][1..], lines[1] })
        {
            File.WriteAllLines(path, [.. lines[..2], damaged, .. lines[3..]]);

            Assert.That(() => BenchmarkRecords.Open(path, s_run), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("Line 3 of"));
        }
    }

    [TestCase("\"tokens\":", "0")]
    [TestCase("\"kept\":", "-1")]
    [TestCase("\"decode\":", "1e300")]
    [TestCase("\"gather\":", "-1")]
    [TestCase("\"prefill\":", "1e300")]
    [TestCase("\"generate\":", "-0.5")]
    public void Open_NumberOutOfRange_Throws(string name, string value)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("records.jsonl");
        Run(path, out _);
        var lines = File.ReadAllLines(path);
        var line = Array.FindIndex(lines, text => text.Contains(name, StringComparison.Ordinal));
        var start = lines[line].IndexOf(name, StringComparison.Ordinal) + name.Length;
        lines[line] = lines[line][..start] + value + lines[line][lines[line].IndexOfAny([',', '}'], start)..];
        File.WriteAllLines(path, lines);

        Assert.That(() => BenchmarkRecords.Open(path, s_run), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"Line {line + 1} of").And.Message.Contains("out of range"));
    }

    [Test]
    public void Open_Folder_SaysSo()
    {
        using var folder = new TemporaryFolder();

        Assert.That(() => BenchmarkRecords.Open(folder.Path, s_run), Throws.InstanceOf<IOException>().With.Message.Contains("is a folder"));
    }

    [Test]
    public void Open_WhileAnotherHasTheFile_Throws()
    {
        using var folder = new TemporaryFolder();
        using var first = BenchmarkRecords.Open(folder.File("records.jsonl"), s_run);

        Assert.That(() => BenchmarkRecords.Open(folder.File("records.jsonl"), s_run), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Evaluate_SystemsOfOneNameWithRecords_Throws()
    {
        using var folder = new TemporaryFolder();
        using var model = new AnsweringModel();
        using var records = BenchmarkRecords.Open(folder.File("records.jsonl"), s_run);

        Assert.That(
            () => s_benchmark.Evaluate(model, [new(new RandomCompressor(1), 0.5), new(new RandomCompressor(2), 0.5)], new BenchmarkOptions { Records = records }),
            Throws.ArgumentException.With.Message.Contains("random at 0.5"));
    }

    private static BenchmarkRun Run(string path, out int asked)
    {
        using var model = new AnsweringModel();
        using var records = BenchmarkRecords.Open(path, s_run);
        var result = s_benchmark.Evaluate(model, s_systems, new BenchmarkOptions { Records = records });
        asked = model.Asked;
        return result;
    }

    private static IEnumerable<(BenchmarkSystem?, string, int, string, int?)> Answers(BenchmarkRun result) =>
        result.Questions.Select(question => (question.System, question.VideoId, question.Number, question.Response, question.ChosenIndex));

    private static (int, int, double?) Kept(VideoRecord video) => (video.TokenCount, video.KeptCount, video.CaptionCrossEntropy);

    /// <summary>A line without its times.</summary>
    private static string Identity(string line) => line[..(line.IndexOf(",\"captionCrossEntropy", StringComparison.Ordinal) is >= 0 and var end ? end : line.IndexOf(",\"prefill", StringComparison.Ordinal) is >= 0 and var answer ? answer : line.Length)];

    private sealed class OneFile(string path) : MultipleChoiceBenchmark
    {
        public override string Name => "one file";

        public override int Count => 1;

        public override BenchmarkVideo GetVideo(int index) => new("v1", "short", VideoFile.Open(path), null, [s_benchmark.GetVideo(0).Questions[0]]);
    }

    /// <summary>One token a frame; the answer hangs on the question and on how many are kept.</summary>
    private sealed class AnsweringModel : IVideoLanguageModel
    {
        public int Encoded { get; private set; }

        public int Asked { get; private set; }

        public VideoModelInfo Info { get; } = new("fake", "fa4e", 1);

        public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
        {
            Encoded++;
            return new(new TokenGrid(clip.FrameCount, 1, 1), 1, new float[clip.FrameCount]);
        }

        public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) => [1.0 / (keptSets[0].Count + target.Length)];

        public string Generate(KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default)
        {
            // The warm-up listens for nothing.
            Asked += options?.Prefilled is null ? 0 : 1;
            return $"({(char)('A' + (question.Length + kept.Count) % 4)}) \n “{question[^5..]}” 颜色";
        }

        public void Dispose()
        {
        }
    }
}
