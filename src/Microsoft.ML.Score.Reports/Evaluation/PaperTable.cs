using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>A table of the paper (arXiv 2603.26365) with the figures of a document that belong beside it. Figures are percentages, counts and milliseconds as the paper prints them.</summary>
/// <param name="Name">Such as "Table 1".</param>
/// <param name="Preset">The word of <c>score eval --preset</c> that runs it.</param>
/// <param name="Model">The frozen model of the paper's numbers, and its frames.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">The paper's rows.</param>
internal sealed record PaperTable(string Name, string Preset, string Model, PaperColumn[] Columns, PaperRow[] Rows)
{
    private const string Qwen = "Qwen2.5-VL-7B-Instruct, 128 frames";
    private static readonly string[] s_families = ["llava", "qwen"];
    private static readonly PaperColumn s_lvbench = Of("LVBench", "lvbench");
    private static readonly PaperColumn s_mlvu = Of("MLVU", "mlvu-dev");
    private static readonly PaperColumn s_videoMme = Of("Video-MME", "video-mme");
    private static readonly PaperColumn[] s_lengths = [OfLength("short"), OfLength("medium"), OfLength("long")];
    private static readonly PaperColumn s_average = new("average", (document, system) => HasAllOfTable1(document) ? 100 * system.Accuracy.Value : null);

    /// <summary>The tables with numbers that score eval measures too.</summary>
    public static IReadOnlyList<PaperTable> All { get; } =
    [
        new("Table 1", "paper-table1", Qwen,
            [
                s_lvbench, s_mlvu, s_videoMme, .. s_lengths, s_average,
                new("% of all tokens", (document, system) => HasAllOfTable1(document) && system.KeptShare is { } share ? 100 * share.Value : null),
            ],
            [
                new("all tokens", 1, [38.3, 69.7, 63.8, 74.4, 64.2, 52.8, 57.3, 100.0]),
                new("DyCoke", 0.4, [39.8, 70.0, 64.9, 74.3, 65.3, 55.0, 58.2, 101.7]),
                new("HoliTom", 0.4, [39.1, 69.9, 61.6, 73.1, 59.9, 51.8, 56.9, 99.3]),
                new("VidCom2", 0.4, [40.2, 70.6, 64.7, 74.8, 64.7, 54.6, 58.5, 102.1]),
                new("FastVID", 0.4, [39.9, 68.8, 63.7, 73.9, 62.8, 54.4, 57.5, 100.3]),
                new("SCORE", 0.4, [40.6, 70.6, 65.0, 75.0, 65.0, 55.1, 58.7, 102.4]),
                new("DyCoke", 0.25, [37.3, 64.6, 61.0, 71.2, 60.0, 51.7, 54.3, 94.8]),
                new("HoliTom", 0.25, [38.2, 68.4, 60.3, 70.2, 60.1, 50.4, 55.6, 97.1]),
                new("VidCom2", 0.25, [41.3, 68.7, 64.6, 73.3, 65.2, 55.3, 58.2, 101.6]),
                new("FastVID", 0.25, [39.7, 68.4, 63.3, 74.3, 61.7, 53.9, 57.1, 99.8]),
                new("SCORE", 0.25, [41.2, 70.1, 65.3, 74.8, 65.4, 55.7, 58.9, 102.8]),
                new("HoliTom", 0.1, [36.7, 65.2, 56.6, 66.1, 55.1, 48.4, 52.8, 92.3]),
                new("VidCom2", 0.1, [38.6, 63.4, 61.8, 70.4, 62.4, 52.6, 54.6, 95.3]),
                new("FastVID", 0.1, [37.8, 65.0, 62.0, 72.9, 61.7, 51.4, 54.9, 95.9]),
                new("SCORE", 0.1, [39.6, 67.7, 63.6, 73.6, 63.1, 53.9, 57.0, 99.5]),
            ]),
        new("Table 2", "paper-table2", "LLaVA-Video-7B-Qwen2, 64 frames",
            [.. s_lengths, s_videoMme, new("% of all tokens", (document, system) => document.Result.Benchmarks is [{ Name: "video-mme" }] && system.KeptShare is { } share ? 100 * share.Value : null)],
            [
                new("all tokens", 1, [73.4, 58.9, 49.9, 60.7, 100]),
                new("FastVID", 0.4, [72.7, 59.2, 48.4, 60.1, 99.0]),
                new("SCORE", 0.4, [73.2, 58.0, 49.7, 60.3, 99.3]),
                new("FastVID", 0.25, [71.9, 58.1, 47.8, 59.3, 97.7]),
                new("SCORE", 0.25, [72.6, 57.8, 48.8, 59.7, 98.4]),
                new("FastVID", 0.1, [68.3, 55.1, 45.8, 56.4, 92.9]),
                new("SCORE", 0.1, [70.0, 55.3, 47.3, 57.6, 94.9]),
            ]),
        new("Table 3", "paper-table3", Qwen,
            [
                new("tokens", (document, system) => HasOnlyVideoMme(document) ? system.Tokens : null),
                new("compress (ms)", (document, system) => HasOnlyVideoMme(document) && system.TokenCount is not null ? (system.Times.Compression + system.Times.Gather).TotalMilliseconds : null),
                new("prefill (ms)", (document, system) => HasOnlyVideoMme(document) ? system.Times.Prefill.TotalMilliseconds : null),
                new("speed-up", (document, system) => HasOnlyVideoMme(document) ? system.SpeedUp : null),
                s_videoMme,
            ],
            [
                new("all tokens", 1, [42566, null, 8539, 1.0, 63.8]),
                new("SCORE", 17117, [17117, 18.6, 2441, 3.5, 65.0]),
                new("SCORE", 10733, [10733, 18.6, 1386, 6.0, 65.3]),
                new("SCORE", 4348, [4348, 18.5, 504, 16.2, 63.6]),
            ]),
        new("Table 4", "paper-table4", Qwen, [s_lvbench, s_mlvu, s_videoMme, s_average],
            [
                new("all tokens", 1, [38.3, 69.7, 63.8, 57.3]),
                new("SCORE (ablation)", 0.4, [40.5, 70.1, 64.9, 58.5]), new("SCORE", 0.4, [40.6, 70.6, 65.0, 58.7]),
                new("SCORE (ablation)", 0.25, [40.4, 69.1, 65.2, 58.2]), new("SCORE", 0.25, [41.2, 70.1, 65.3, 58.9]),
                new("SCORE (ablation)", 0.1, [38.3, 65.7, 63.2, 55.7]), new("SCORE", 0.1, [39.6, 67.7, 63.6, 57.0]),
            ]),
        new("Table 5", "paper-table5", Qwen, [.. s_lengths, s_videoMme],
            [
                new("all tokens", 1, [74.4, 64.2, 52.8, 63.8]),
                new("SCORE (ablation)", 0.4, [74.4, 65.3, 54.3, 64.7]), new("SCORE", 0.4, [75.0, 65.0, 55.1, 65.0]),
                new("SCORE (ablation)", 0.25, [74.8, 64.9, 54.8, 64.5]), new("SCORE", 0.25, [74.8, 65.4, 55.7, 65.3]),
                new("SCORE (ablation)", 0.1, [71.4, 62.0, 52.6, 62.0]), new("SCORE", 0.1, [73.6, 63.1, 53.9, 63.6]),
            ]),
    ];

    /// <summary>
    /// The tables that a document has rows and columns of. One that was run as a preset is compared with that table alone, and one of a model whose name tells its family not
    /// with that of the other; ablations, of which there are two, are compared by preset only.
    /// </summary>
    public static IEnumerable<(PaperTable Table, IReadOnlyList<PaperColumn> Columns, IReadOnlyList<(SystemResult System, PaperRow Row)> Rows)> For(EvaluationDocument document)
    {
        var preset = All.FirstOrDefault(table => document.Command?.Split(' ', '=').Contains(table.Preset) == true);
        var family = document.ModelSource is { } model ? s_families.FirstOrDefault(family => model.Contains(family, StringComparison.OrdinalIgnoreCase)) : null;
        foreach (var table in All.Where(table => preset is null
            ? !table.Rows.Any(row => row.System == "SCORE (ablation)") && (family is null || table.Model.StartsWith(family, StringComparison.OrdinalIgnoreCase)) : table == preset))
        {
            var rows = table.Rows
                .Select(row => (System: document.Result.Systems.FirstOrDefault(row.Is)!, row)).Where(pair => pair.System is not null).ToList();
            var columns = table.Columns.Where(column => rows.Any(pair => column.Here(document, pair.System) is not null)).ToList();
            if (rows.Any(pair => pair.row.System != "all tokens") && columns.Count > 0)
                yield return (table, columns, rows);
        }
    }

    private static PaperColumn Of(string header, string benchmark) => new(header, (_, system) => 100 * ScoreOf(system, benchmark)?.Metrics[0].Estimate.Value);

    private static PaperColumn OfLength(string length) => new(
        $"Video-MME, {length}", (_, system) => ScoreOf(system, "video-mme")?.ByLength.Where(figure => figure.Name == length).Select(figure => (double?)(100 * figure.Estimate.Value)).FirstOrDefault());

    private static BenchmarkScore? ScoreOf(SystemResult system, string benchmark) => system.Benchmarks.FirstOrDefault(score => score.Benchmark == benchmark);

    private static bool HasAllOfTable1(EvaluationDocument document) =>
        document.Result.Benchmarks.Select(benchmark => benchmark.Name).Order(StringComparer.Ordinal).SequenceEqual(["lvbench", "mlvu-dev", "video-mme"]);

    private static bool HasOnlyVideoMme(EvaluationDocument document) => document.Result.Benchmarks is [{ Name: "video-mme" }];
}

/// <summary>A column of a table of the paper.</summary>
/// <param name="Header">Its name.</param>
/// <param name="Here">The figure of a row of the document; null where it has none.</param>
internal sealed record PaperColumn(string Header, Func<EvaluationDocument, SystemResult, double?> Here);

/// <summary>A row of a table of the paper.</summary>
/// <param name="System">The name of the row here.</param>
/// <param name="Budget">The share that is kept where it is at most 1, else the number of tokens.</param>
/// <param name="Values">The paper's figures, as many as columns; null where it has none.</param>
internal sealed record PaperRow(string System, double Budget, double?[] Values)
{
    /// <summary>Whether it is that row of a document.</summary>
    public bool Is(SystemResult system) => system.Name == System && (Budget <= 1 ? system.RetentionRatio == Budget : system.TokenCount == (int)Budget);
}
