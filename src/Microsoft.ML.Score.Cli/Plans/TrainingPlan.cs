using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Score.Cli.Training;

namespace Score.Cli.Plans;

/// <summary>What a training takes: for each video of a step one pass with all tokens and K with half of them, which is what an untrained policy keeps.</summary>
/// <param name="options">Its settings.</param>
/// <param name="keepsFeatures">Whether encoded videos are kept, so that each is encoded once.</param>
internal sealed class TrainingPlan(TrainerOptions options, bool keepsFeatures)
{
    // Two to four stills, each repeated three to six times: 13.5 steps on average, here 13 and 14 by turns.
    private const double StillsPerPseudoVideo = 3;
    private static readonly int[] s_pseudoSteps = [13, 14];

    public WorkPlan Of(IReadOnlyCollection<CaptionedVideo> training, IReadOnlyCollection<CaptionedVideo>? validation, PlannedModel model, CancellationToken cancellationToken)
    {
        var plan = new WorkPlan("score train", model);
        var stills = Survey.Of(training, isStill: true, model, cancellationToken);
        var videos = Survey.Of(training, isStill: false, model, cancellationToken);
        var validated = validation is null ? Survey.Empty : Survey.Of(validation, isStill: null, model, cancellationToken);
        foreach (var grid in stills.Grids.Concat(videos.Grids).Concat(validated.Grids))
            plan.See(grid, TopK.RetainedCount(options.RetentionRatio, grid.Count));
        var mainSteps = videos.Count > 0 ? options.MainSteps : 0;
        var (warmUpUses, mainUses) = ((double)options.WarmUpSteps * options.BatchSize, (double)mainSteps * options.BatchSize);
        var validations = validation is null ? 0 : Validations(options.WarmUpSteps, mainSteps);
        plan.Count("rows of still images", stills.Count);
        plan.Count("rows of videos", videos.Count);
        plan.Count("warm-up steps", options.WarmUpSteps);
        plan.Count("main steps", mainSteps);
        plan.Count("rollouts", (long)((warmUpUses + mainUses) * options.Rollouts));
        plan.Count("rows of validation", validated.Count);
        plan.Count("validations", validations);

        var pseudo = (stills.Count > 0 ? stills : videos).OfSteps(s_pseudoSteps);
        plan.PassFlops = warmUpUses * (Pass(pseudo, 1, StillsPerPseudoVideo) + options.Rollouts * Pass(pseudo, 0.5, StillsPerPseudoVideo))
            + Math.Min(mainUses, videos.Count) * Pass(videos, 1) + mainUses * options.Rollouts * Pass(videos, 0.5)
            + (validations > 0 ? validated.Count : 0) * Pass(validated, 1) + (double)validations * validated.Count * Pass(validated, options.RetentionRatio);
        var source = stills.Count > 0 ? stills : videos;
        var (usesOfSource, usesOfVideos) = (warmUpUses * StillsPerPseudoVideo, mainUses);
        plan.EncodingFlops = Encoded(source, usesOfSource) + Encoded(videos, stills.Count > 0 ? usesOfVideos : Math.Max(0, usesOfVideos - usesOfSource)) + Encoded(validated, (double)validations * validated.Count);
        Explain(plan, mainSteps, stills.Count + videos.Count);
        return plan;

        double Pass(Survey survey, double share, double captions = 1) => survey.Mean(grid =>
        {
            var target = TextLength.Tokens(survey.CaptionCharacters * captions) + 1;
            return model.Description.PassFlops(grid, TopK.RetainedCount(share, grid.Count), TextLength.Template + TextLength.Tokens(options.CaptionQuestion.Length) + target, target);
        });

        double Encoded(Survey survey, double uses) => (keepsFeatures || survey.Count * survey.Mean(Bytes) <= EncodedRows.MostBytesHeld ? Math.Min(uses, survey.Count) : uses)
            * survey.Mean(model.Description.EncodingFlops);

        double Bytes(TokenGrid grid) => (double)grid.Count * model.Description.Dimension * sizeof(float);
    }

    /// <summary>At the start of a stage, after each interval and at its end; what ends a stage begins the next.</summary>
    internal int Validations(int warmUpSteps, int mainSteps)
    {
        return OfStage(warmUpSteps) + OfStage(mainSteps) - (warmUpSteps > 0 && mainSteps > 0 ? 1 : 0);

        int OfStage(int steps) => steps == 0 ? 0 : 1 + (steps + options.ValidationInterval - 1) / options.ValidationInterval;
    }

    private void Explain(WorkPlan plan, int mainSteps, int rows)
    {
        plan.Note("rollouts are taken to keep half of the tokens, as an untrained policy does; a trained one keeps fewer");
        plan.Note("memory is that of one prompt; a pass over several rollouts takes more, and the tokens that are held up to 1 GiB");
        if (keepsFeatures)
            plan.Note("each video is encoded once; those that are in the feature folder already are counted too");
        if (mainSteps < options.MainSteps)
            plan.Note("there are no videos of more than one time step, so the main stage is left out");
        if (options.Patience is not null)
            plan.Note("a stage that --patience ends early takes less");
        if (rows > WorkPlan.MostLookedInto)
            plan.Note($"of many rows {WorkPlan.MostLookedInto} at equal distances were looked into");
    }
}
