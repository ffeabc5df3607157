using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// The figures of one benchmark for the rows of a comparison. Records are matched to rows and questions once, and each grouping of the
/// questions (all, a length, a category, a metric's groups) is resampled once for all rows.
/// </summary>
internal sealed class ScoredRun
{
    private readonly BenchmarkRun _run;
    private readonly IReadOnlyList<ComparedSystem> _rows;
    private readonly int?[] _references;
    private readonly long _seed;
    private readonly QuestionRecord[] _questions;
    private readonly double[] _scores;
    private readonly ILookup<BenchmarkSystem, VideoRecord> _videos;
    private readonly ILookup<BenchmarkSystem, QuestionRecord> _answers;

    /// <param name="run">The records.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="references">For each row, the row that it is compared with; null for none.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or there is no question.</exception>
    public ScoredRun(BenchmarkRun run, IReadOnlyList<ComparedSystem> rows, int?[] references, long seed)
    {
        if (rows.SelectMany(row => row.Runs).FirstOrDefault(system => !run.Systems.Contains(system)) is { } other)
            throw new ArgumentException($"The system '{other}' is not part of this run of {run.Name}.", nameof(rows));

        (_run, _rows, _references, _seed) = (run, rows, references, seed);
        _videos = run.Videos.ToLookup(video => video.System!);
        _answers = run.Questions.ToLookup(question => question.System!);
        _questions = [.. _answers[rows[0].Runs[0]]];
        if (_questions.Length == 0)
            throw new ArgumentException($"No question of {run.Name} was asked.", nameof(run));

        var numbers = _questions.Index().ToDictionary(question => (question.Item.VideoId, question.Item.Number), question => question.Index);
        _scores = new double[_questions.Length * rows.Count];
        foreach (var (column, row) in rows.Index())
        {
            foreach (var answer in row.Runs.SelectMany(system => _answers[system]))
                _scores[numbers[(answer.VideoId, answer.Number)] * rows.Count + column] += answer.IsCorrect ? 1 : 0;
            for (var question = 0; question < _questions.Length; question++)
                _scores[question * rows.Count + column] /= row.Runs.Count;
        }

        Main = Grouped(run.Metrics[0].Groups);
    }

    /// <summary>Number of questions, each counted once.</summary>
    public int QuestionCount => _questions.Length;

    /// <summary>The questions in the groups of the main metric: the columns are the rows' scores.</summary>
    public ClusteredScores Main { get; }

    /// <summary>The benchmark's figures for every row.</summary>
    public IReadOnlyList<BenchmarkScore> Scores()
    {
        var all = Estimates(Grouped(_ => [""], withDifferences: true));
        var metrics = _run.Metrics.Select(metric => (metric.Name, Estimates: metric.MacroKind is null ? all : Estimates(metric == _run.Metrics[0] ? Main : Grouped(metric.Groups)))).ToList();
        var lengths = _run.LengthClasses.Select(length => (Name: length, Estimates: EstimatesWhere(question => question.LengthClass == length, all))).ToList();
        var categories = _questions.SelectMany(question => question.Categories).Where(category => category.Kind == QuestionCategory.Task).Distinct()
            .OrderBy(category => category.Name, StringComparer.Ordinal)
            .Select(category => (category.Name, Estimates: EstimatesWhere(question => question.Categories.Contains(category), all))).ToList();
        return [.. _rows.Select((row, column) => new BenchmarkScore(
            _run.Name, Of(metrics, column), Of(lengths, column), Of(categories, column),
            _references[column] is null ? null : all[_rows.Count + column],
            row.Runs.Sum(system => _answers[system].Count(answer => answer.ChosenIndex is null))))];

        static NamedEstimate[] Of(List<(string Name, Estimate[] Estimates)> figures, int column) =>
            [.. figures.Select(figure => new NamedEstimate(figure.Name, figure.Estimates[column]))];
    }

    /// <summary>Mean over videos of the caption's cross-entropy for every row; null for a benchmark without captions.</summary>
    public IReadOnlyList<Estimate>? CaptionCrossEntropies()
    {
        var captioned = _videos[_rows[0].Runs[0]].Where(video => video.CaptionCrossEntropy is not null).Select(video => video.VideoId).ToList();
        if (captioned.Count == 0)
            return null;

        var means = _rows.Select(row => row.Runs.SelectMany(system => _videos[system]).Where(video => video.CaptionCrossEntropy is not null)
            .GroupBy(video => video.VideoId, StringComparer.Ordinal).ToDictionary(runs => runs.Key, runs => runs.Average(run => run.CaptionCrossEntropy!.Value), StringComparer.Ordinal)).ToList();
        return Estimates(new ClusteredScores([.. captioned.Index().Select(video => (video.Item, "", video.Index))], _rows.Count, (video, column) => means[column][captioned[video]]));
    }

    /// <summary>Mean number of tokens that reached the language model.</summary>
    public double KeptCount(ComparedSystem row) => VideosOf(row).Average(video => video.KeptCount);

    /// <summary>Tokens that reached the language model as a share of all, over all videos.</summary>
    public double Retention(ComparedSystem row) => KeptCount(row) / VideosOf(row).Average(video => video.TokenCount);

    /// <summary>Median times of a video and of a question: one that waited for the disk or for another program does not move them.</summary>
    public SystemTimes Times(ComparedSystem row)
    {
        var videos = VideosOf(row).ToList();
        var answers = row.Runs.SelectMany(system => _answers[system]).ToList();
        return new SystemTimes(
            SystemTimes.Median(videos, video => video.DecodingTime), SystemTimes.Median(videos, video => video.EncodingTime),
            SystemTimes.Median(videos, video => video.CompressionTime), SystemTimes.Median(videos, video => video.GatherTime),
            SystemTimes.Median(answers, answer => answer.PrefillTime), SystemTimes.Median(answers, answer => answer.GenerationTime));
    }

    private IEnumerable<VideoRecord> VideosOf(ComparedSystem row) => row.Runs.SelectMany(system => _videos[system]);

    private double Score(int question, int column) => _scores[question * _rows.Count + column];

    private double Difference(int question, int column) => _references[column] is { } reference ? Score(question, reference) - Score(question, column) : 0;

    /// <summary>The questions in groups: the columns are the rows' scores, then with differences for each row its reference's score minus its own.</summary>
    private ClusteredScores Grouped(Func<QuestionRecord, IEnumerable<string>> groups, bool withDifferences = false) => new(
        [.. _questions.Index().SelectMany(question => groups(question.Item).Select(group => (question.Item.VideoId, group, question.Index)))],
        withDifferences && _references.Any(reference => reference is not null) ? 2 * _rows.Count : _rows.Count,
        (question, column) => column < _rows.Count ? Score(question, column) : Difference(question, column - _rows.Count));

    /// <summary>The accuracy of every row on some of the questions; what is known already where these are all.</summary>
    private Estimate[] EstimatesWhere(Predicate<QuestionRecord> counts, Estimate[] all) =>
        Array.TrueForAll(_questions, counts) ? all : Estimates(Grouped(question => counts(question) ? [""] : []));

    private Estimate[] Estimates(ClusteredScores scores) => [.. scores.ResampledMeans(new CounterRandom(_seed)).Select((resampled, column) => scores.Estimate(column, resampled))];
}
