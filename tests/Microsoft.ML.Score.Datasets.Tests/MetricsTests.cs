using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Datasets;

/// <summary>From annotation files to figures. Expected figures are what the originals compute (lmms-eval at 75571cfe, the aggregation functions of tasks/mlvu and tasks/longvideobench) from the same answers.</summary>
[TestFixture]
public class MetricsTests
{
    private const int Questions = 100;

    private static readonly string[] s_tasks = ["plotQA", "needle", "ego", "count", "order", "anomaly_reco", "topic_reasoning"];

    private static int Right(int question) => question % 4;

    private static int Chosen(int question) => (question * question * question + question / 4) % 4;

    [Test]
    public void Mlvu_SameAnswers_GiveBothAveragesOfTheOriginals()
    {
        using var folder = new BenchmarkFolder();
        FFmpegProgram.WriteCounting(folder.Videos, 4);
        var rows = Enumerable.Range(0, Questions).Select(i =>
            $$"""{"video_name": "counting.avi", "question": "{{i}}?\n(A) a\n(B) b\n(C) c\n(D) d\n", "candidates": ["a", "b", "c", "d"], "answer": "{{"ABCD"[Right(i)]}}", "task_type": "{{s_tasks[(i * i + i / 9) % 7]}}"}""");
        var benchmark = Mlvu.OpenDev(folder.Write("dev.jsonl", string.Join('\n', rows)), folder.Videos);
        using var model = new LetterModel();

        var result = BenchmarkResult.Of(benchmark.Evaluate(model, [BenchmarkSystem.AllTokens]));

        var score = result.Systems[0].Benchmarks[0];
        Assert.Multiple(() =>
        {
            Assert.That(score.Metrics.Select(metric => 100 * metric.Estimate.Value), Is.EqualTo(new[] { 26.41603494544671, 27.0 }).Within(1e-9));
            Assert.That(score.ByCategory.Select(category => (category.Name, category.Estimate.Count)),
                Is.EqualTo(new[] { ("anomaly_reco", 15), ("count", 17), ("ego", 12), ("needle", 13), ("order", 17), ("plotQA", 15), ("topic_reasoning", 11) }));
            Assert.That(result.Benchmarks[0].ChanceLevel, Is.EqualTo(benchmark.ChanceLevel).And.EqualTo(0.25));
            Assert.That(score.UnreadableAnswers, Is.Zero);
        });
    }

    /// <summary>The original's overall row adds each question twice, by length and by task, which leaves the ratio.</summary>
    [Test]
    public void LongVideoBench_SameAnswers_GiveTheOriginalsAccuracy()
    {
        using var folder = new BenchmarkFolder();
        FFmpegProgram.WriteCounting(folder.Videos, 4);
        var rows = Enumerable.Range(0, Questions).Select(i =>
            $$"""{"video_path": "counting.avi", "id": "c_{{i}}", "question": "{{i}}?", "candidates": ["a", "b", "c", "d"], "correct_choice": {{Right(i)}}, "question_category": "{{(i % 2 == 0 ? "T3E" : "SSS")}}", "duration_group": 15}""")
            .Append("""{"video_path": "gone.mp4", "id": "gone_0", "question": "1?", "candidates": ["a", "b"], "correct_choice": 0, "question_category": "SSS", "duration_group": 60}""");
        var benchmark = LongVideoBench.Open(folder.Write("lvb_val.jsonl", string.Join('\n', rows)), folder.Videos);
        using var model = new LetterModel();

        var result = BenchmarkResult.Of(benchmark.Evaluate(model, [BenchmarkSystem.AllTokens]));

        Assert.That((result.Systems[0].Accuracy.Value, string.Join(",", result.Benchmarks[0].MissingVideos)), Is.EqualTo((0.27, "gone.mp4")));
    }

    /// <summary>Answers the question of number i with the letter of <see cref="Chosen"/> and some words around it.</summary>
    private sealed class LetterModel : IVideoLanguageModel
    {
        public VideoModelInfo Info { get; } = new("letters", "letters", 1);

        public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default) => new(new TokenGrid(1, 1, 1), 1, new float[1]);

        public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) => new double[keptSets.Count];

        public string Generate(KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) =>
            int.TryParse(question.Split('?')[0], out var number) ? $"The best answer is ({"ABCD"[Chosen(number)]})." : "";

        public void Dispose()
        {
        }
    }
}
