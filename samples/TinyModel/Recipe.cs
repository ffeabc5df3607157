namespace Microsoft.ML.Score.TinyModel;

/// <summary>Every setting of the training run.</summary>
internal sealed record Recipe
{
    public TinyConfiguration Configuration { get; init; } = TinyConfiguration.Default;

    /// <summary>Seed of the initial weights and of the order and dropping of the samples.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Optimiser steps of <see cref="BatchSize"/> samples each; the learning rate falls to its end over them.</summary>
    public int Steps { get; init; } = 8000;
    public int BatchSize { get; init; } = 16;

    /// <summary>Adam's rate: linear warm-up to the peak, then a cosine down to a fiftieth of it.</summary>
    public double PeakLearningRate { get; init; } = 2e-3;
    public int WarmUpSteps { get; init; } = 200;

    /// <summary>Shares of the samples: short videos, medium videos and still images; the rest are pseudo-videos of repeated stills.</summary>
    public double ShortShare { get; init; } = 0.45;
    public double MediumShare { get; init; } = 0.35;
    public double ImageShare { get; init; } = 0.08;

    /// <summary>
    /// Share of the samples with all visual tokens, and of those where objects, distractors and background are dropped at rates of
    /// their own, as a good compressor would; the others keep every token with one probability drawn from [LowestRetention, 1].
    /// Without the second kind the model is lost where little but objects is left.
    /// </summary>
    public double AllTokensShare { get; init; } = 0.25;
    public double ByKindShare { get; init; } = 0.4;
    public double LowestRetention { get; init; } = 0.08;

    /// <summary>
    /// Share of the samples whose time steps are said to be further apart, by a factor drawn from [1, MostStretch]: nothing else
    /// teaches positions beyond those of a medium video.
    /// </summary>
    public double StretchShare { get; init; } = 0.3;
    public double MostStretch { get; init; } = 3;

    /// <summary>Weights of the parts of a sample's loss: mean over the caption's tokens, mean over the answers, and the mean of each auxiliary loss of <see cref="TrainableModel"/>.</summary>
    public float CaptionWeight { get; init; } = 1;
    public float AnswerWeight { get; init; } = 2;
    public float AuxiliaryWeight { get; init; } = 0.5f;

    /// <summary>Videos of each length on which progress is measured, and how often.</summary>
    public int ValidationVideos { get; init; } = 64;
    public int StepsBetweenEvaluations { get; init; } = 250;

    /// <summary>The learning rate of a step, counted from 1.</summary>
    public double LearningRate(int step)
    {
        if (step <= WarmUpSteps)
            return PeakLearningRate * step / WarmUpSteps;
        var progress = (double)(step - WarmUpSteps) / Math.Max(1, Steps - WarmUpSteps);
        return PeakLearningRate * (0.02 + 0.98 * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress))));
    }
}
