using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Evaluations;

namespace Score.Cli.Plans;

/// <summary>What an evaluation takes: each video encoded once, each question asked under every system, each caption scored under every system.</summary>
/// <param name="compared">The compressors beside all tokens.</param>
/// <param name="ratios">The shares to keep.</param>
/// <param name="tokens">The numbers to keep in place of shares; empty for shares.</param>
internal sealed class EvaluationPlan(IReadOnlyList<ComparedCompressor> compared, IReadOnlyList<double> ratios, IReadOnlyList<int> tokens)
{
    private static readonly BenchmarkOptions s_options = new();

    public WorkPlan Of(IReadOnlyList<BenchmarkSource> benchmarks, PlannedModel model)
    {
        var plan = new WorkPlan("score eval", model);
        plan.Count("benchmarks", benchmarks.Count);
        plan.Count("videos", benchmarks.Sum(benchmark => benchmark.Benchmark.Count));
        var (questions, unreadable) = (0.0, 0);
        foreach (var (benchmark, _) in benchmarks)
        {
            if (benchmark.Count == 0)
                throw new FileNotFoundException($"None of the {benchmark.MissingVideos.Count} videos of {benchmark.Name} is there ('{benchmark.MissingVideos[0]}' ...).");
            List<(BenchmarkVideo Video, TokenGrid Grid)> videos = [];
            foreach (var index in WorkPlan.Sample(benchmark.Count))
                if (Open(benchmark, index, model) is { } video)
                    videos.Add(video);
                else
                    unreadable++;
            if (videos.Count == 0)
                throw new InvalidDataException($"No video of {benchmark.Name} that was looked into can be read.");
            var scale = (double)benchmark.Count / videos.Count;
            questions += benchmark is AnnotatedBenchmark annotated ? annotated.Videos.Sum(video => video.Questions.Count) : scale * videos.Sum(video => video.Video.Questions.Count);
            foreach (var (video, grid) in videos)
                Add(plan, video, grid, scale);
        }

        plan.Count("questions", (long)Math.Round(questions));
        plan.Count("systems", 1 + compared.Count * (tokens.Count > 0 ? tokens.Count : ratios.Count));
        plan.Note($"answers are taken to have the most tokens that they may have, {s_options.MaxAnswerTokens}, and compressors to keep what they are asked for; choosing and merging tokens are not counted");
        plan.Note("answers that --records has already are counted too");
        if (benchmarks.Any(benchmark => benchmark.Benchmark.Count > WorkPlan.MostLookedInto))
            plan.Note($"of many videos {WorkPlan.MostLookedInto} at equal distances were looked into");
        if (unreadable > 0)
            plan.Note($"{unreadable} of the videos that were looked into cannot be read; the evaluation leaves them out");
        return plan;
    }

    private void Add(WorkPlan plan, BenchmarkVideo video, TokenGrid grid, double scale)
    {
        var description = plan.Model.Description;
        int[] budgets = tokens.Count > 0 ? [.. tokens.Select(count => Math.Min(count, grid.Count))] : [.. ratios.Select(ratio => TopK.RetainedCount(ratio, grid.Count))];
        int[] kept = [grid.Count, .. budgets.SelectMany(budget => Enumerable.Repeat(budget, compared.Count))];
        plan.See(grid, budgets.DefaultIfEmpty(grid.Count).Min());
        plan.EncodingFlops += scale * description.EncodingFlops(grid) * (1 + (compared.Contains(ComparedCompressor.LowResolution) ? ratios.Sum() : 0));
        foreach (var count in kept)
        {
            foreach (var question in video.Questions)
            {
                var text = TextLength.Template + TextLength.Tokens(question.Text.Length);
                plan.PassFlops += scale * description.PassFlops(grid, count, text, outputs: 1);
                plan.GenerationFlops += scale * description.GenerationFlops(grid, count, text, s_options.MaxAnswerTokens);
            }

            if (video.Caption is not { } caption)
                continue;
            var target = TextLength.Tokens(caption.Length) + 1;
            plan.PassFlops += scale * description.PassFlops(grid, count, TextLength.Template + TextLength.Tokens(s_options.CaptionQuestion.Length) + target, target);
        }
    }

    /// <summary>A video and its grid; null for one that the evaluation leaves out, because it cannot be read or is not of the model's size.</summary>
    private static (BenchmarkVideo Video, TokenGrid Grid)? Open(MultipleChoiceBenchmark benchmark, int index, PlannedModel model)
    {
        try
        {
            var video = benchmark.GetVideo(index);
            return (video, model.Description.GridOf(video.Clip, model.Options));
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException or ArgumentException)
        {
            return null;
        }
    }
}
