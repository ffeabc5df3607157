using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>Documents as evaluations give them, with figures that no two cells share.</summary>
internal static class Documents
{
    /// <summary>A name as an attacker would choose it.</summary>
    public const string Hostile = "<script>document.title = 'taken'</script>\"|*`";

    /// <summary>Two benchmarks, all tokens and two methods at two budgets; hostile names wherever names come from outside.</summary>
    public static EvaluationDocument Small() => new(new BenchmarkResult(
        7,
        [
            new BenchmarkSummary("quiz", ["accuracy"], 40, 320, 0.25, ["missing " + Hostile], ["'v1': " + Hostile]),
            new BenchmarkSummary("video-mme", ["accuracy", "mean over tasks"], 900, 2700, 0.2, [], []),
        ],
        [
            System("all tokens", 1, 0.9591, 1, isReference: false),
            System("SCORE", 0.4, 0.9612, 3.5, isReference: true), System("random " + Hostile, 0.4, 0.8123, 3.6, isReference: false),
            System("SCORE", 0.1, 0.9483, 10.1, isReference: true), System("random " + Hostile, 0.1, 0.6034, 10.4, isReference: false),
        ],
        3L << 30))
    {
        QuestionsNotAsked = [["row 3: " + Hostile], []],
        Run = new Dictionary<string, string> { ["model"] = "fa4e", ["processing"] = Hostile },
        ModelSource = "/models/" + Hostile.Replace('/', '_'),
        ModelFingerprint = "fa4e.11",
        Version = "0.9.0",
        Command = "score eval --json " + Hostile,
        Date = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
        Policies = [new EvaluatedPolicy("SCORE", "ab12", null)],
    };

    /// <summary>The rows of the paper's table 1 on other numbers: each here is 1 more than the paper's.</summary>
    public static EvaluationDocument OfTable1() => new(new BenchmarkResult(
        0, [Summary("lvbench"), Summary("mlvu-dev"), Summary("video-mme")],
        [
            .. PaperTable.All[0].Rows.Select(row => new SystemResult(
                row.System, row.Budget, null, row.System == "SCORE", 1, row.Budget, 42566 * row.Budget, Around((row.Values[6]!.Value + 1) / 100), Around((row.Values[7]!.Value + 1) / 100), null, null, Times(row.Budget), 1 / row.Budget,
                [
                    new BenchmarkScore("lvbench", [new("accuracy", Around((row.Values[0]!.Value + 1) / 100))], [], [], null, 0),
                    new BenchmarkScore("mlvu-dev", [new("accuracy", Around((row.Values[1]!.Value + 1) / 100))], [], [], null, 0),
                    new BenchmarkScore(
                        "video-mme", [new("accuracy", Around((row.Values[2]!.Value + 1) / 100))],
                        [.. new[] { "short", "medium", "long" }.Select((length, index) => new NamedEstimate(length, Around((row.Values[3 + index]!.Value + 1) / 100)))], [], null, 0),
                ])),
        ],
        1))
    {
        ModelSource = "Qwen/Qwen2.5-VL-7B-Instruct",
    };

    private static BenchmarkSummary Summary(string name) => new(name, ["accuracy"], 100, 1000, 0.25, [], []);

    private static SystemResult System(string name, double ratio, double accuracy, double speedUp, bool isReference) => new(
        name, ratio, null, isReference, 1, ratio, 4320 * ratio, Around(accuracy), Around(accuracy / 0.9591), isReference || ratio == 1 ? null : Around(0.1111 + ratio), Around(2 - accuracy), Times(ratio), speedUp,
        [
            new BenchmarkScore("quiz", [new("accuracy", Around(accuracy - 0.0101))], [new("short", Around(accuracy - 0.02)), new("long", Around(accuracy - 0.03))], [new("colour " + Hostile, Around(accuracy - 0.04)), new("count", Around(accuracy - 0.05))], null, ratio == 1 ? 0 : 3),
            new BenchmarkScore("video-mme", [new("accuracy", Around(accuracy - 0.06)), new("mean over tasks", Around(accuracy - 0.07))], [new("short", Around(accuracy - 0.08))], [new("order", Around(accuracy - 0.09))], null, 0),
        ])
    {
        MinusAllTokens = ratio == 1 ? null : new Estimate(accuracy - 0.9591, 0.003, accuracy - 0.9591 - 0.0061, accuracy - 0.9591 + 0.0042, 3020, 940),
    };

    private static Estimate Around(double value) => new(value, 0.01, value - 0.0217, value + 0.0193, 3020, 940);

    private static SystemTimes Times(double ratio) => new(
        TimeSpan.FromMilliseconds(100.1), TimeSpan.FromMilliseconds(700.2), TimeSpan.FromMilliseconds(ratio == 1 ? 0 : 18.6), TimeSpan.FromMilliseconds(ratio == 1 ? 0 : 3.3),
        TimeSpan.FromMilliseconds(Math.Round(2000 * ratio, 1)), TimeSpan.FromMilliseconds(50.5));
}
