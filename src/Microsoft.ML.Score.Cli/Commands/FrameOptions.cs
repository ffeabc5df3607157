using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Models;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary>
/// The options that say which frames of a video reach the model and how large they are: <see cref="QwenVideoOptions"/>, and the most frames of <see cref="LlavaVideoOptions"/>.
/// Tokens made with others are others: they are kept apart in feature folders, and a policy trained on some refuses the rest.
/// </summary>
internal sealed class FrameOptions
{
    private const string Llava = "LLaVA-Video";

    public Option<int> MaxFrames { get; } = CommonOptions.AtLeast("--max-frames", "The most frames of a video that the model sees; 0 for the model's own rule.", 0, 0);

    public Option<int?> MinFrames { get; } = CommonOptions.Optional<int>("--min-frames", "The fewest frames of a video that has so many. Default: the model's own rule.", "a whole number of at least 1", frames => frames >= 1);

    public Option<double?> FramesPerSecond { get; } = CommonOptions.Optional<double>(
        "--frames-per-second", "Frames sampled of a second of video. Default: the model's own rule.", "a positive number", rate => rate > 0 && double.IsFinite(rate));

    public Option<int?> FrameCount { get; } = CommonOptions.Optional<int>(
        "--frame-count", "As many frames of every video, whatever its length; rounded to whole time steps. Default: by the rate.", "a whole number of at least 1", frames => frames >= 1);

    public Option<double?> MinPixels { get; } = CommonOptions.Optional<double>(
        "--min-pixels", "The fewest pixels of a frame (Qwen3-VL by its own rules: of all frames together). Default: the model's own rule.", "a positive number", pixels => pixels > 0 && double.IsFinite(pixels));

    public Option<double?> MaxPixels { get; } = CommonOptions.Optional<double>("--max-pixels", "The most pixels, likewise.", "a positive number", pixels => pixels > 0 && double.IsFinite(pixels));

    /// <summary>All of them, for a command.</summary>
    public IEnumerable<Option> All => [MaxFrames, .. OfQwen];

    private Option[] OfQwen => [MinFrames, FramesPerSecond, FrameCount, MinPixels, MaxPixels];

    /// <summary>Refuses those that contradict each other.</summary>
    public void RefuseContradictions(CommandResult result)
    {
        if (IdleOptions.IsGiven(result, FrameCount))
            IdleOptions.Refuse(result, "cannot be combined with --frame-count, which says how many frames there are; leave out one of the two.", FramesPerSecond, MinFrames, MaxFrames);
        if (Number(MaxFrames) is > 0 and var mostFrames && Number(MinFrames) is { } fewest && fewest > mostFrames)
            result.AddError($"--min-frames {fewest} is more than --max-frames {mostFrames}.");
        if (Number(MaxPixels) is { } most && Number(MinPixels) is { } least && least > most)
            result.AddError(FormattableString.Invariant($"--min-pixels {least} is more than --max-pixels {most}."));

        double? Number(Option option) => !IdleOptions.IsGiven(result, option) ? null : option switch
        {
            Option<int> whole => result.GetValue(whole),
            Option<int?> whole => result.GetValue(whole),
            _ => result.GetValue((Option<double?>)option),
        };
    }

    /// <summary>What the command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model, which is looked into where one of them is given.</param>
    /// <param name="mostFrames">What stands in for <c>--max-frames</c> where it is absent; null for the model's own rule.</param>
    /// <exception cref="UsageException">The model cannot use one that is given.</exception>
    public FrameChoice Of(ParseResult parsed, string model, int? mostFrames = null)
    {
        var isOwn = IdleOptions.IsGiven(parsed.CommandResult, MaxFrames);
        int? most = (isOwn ? parsed.GetValue(MaxFrames) : mostFrames ?? 0) is > 0 and var frames ? frames : null;
        ThrowIfUnused(parsed, model, most);
        return new FrameChoice(
            new QwenVideoOptions
            {
                MaxFrames = most,
                MinFrames = parsed.GetValue(MinFrames),
                FramesPerSecond = parsed.GetValue(FramesPerSecond),
                FrameCount = parsed.GetValue(FrameCount),
                MinPixels = parsed.GetValue(MinPixels),
                MaxPixels = parsed.GetValue(MaxPixels),
            },
            most ?? FrameChoice.Default.LlavaFrames);
    }

    private void ThrowIfUnused(ParseResult parsed, string model, int? most)
    {
        var given = OfQwen.FirstOrDefault(option => IdleOptions.IsGiven(parsed.CommandResult, option));
        var isOneFrame = most is 1 || parsed.GetValue(FrameCount) is 1;
        if (given is null && !isOneFrame)
            return;
        var architecture = VideoModel.Describe(model).Architecture;
        if (given is not null && architecture == Llava)
            throw new UsageException($"{given.Name} is for Qwen2.5-VL and Qwen3-VL, and '{model}' is a {Llava} checkpoint, which takes evenly spaced frames of one size. Leave it out; --max-frames says how many.");
        if (isOneFrame && architecture != Llava)
            throw new UsageException($"{(most is 1 ? MaxFrames : (Option)FrameCount).Name} must be at least 2 for {architecture}, whose time steps have two frames, got '1'.");
    }
}

/// <summary>Which frames reach a model, for each kind of model.</summary>
/// <param name="Qwen">Of Qwen2.5-VL and Qwen3-VL.</param>
/// <param name="LlavaFrames">The frames of LLaVA-Video.</param>
internal sealed record FrameChoice(QwenVideoOptions Qwen, int LlavaFrames)
{
    /// <summary>Each model's own rule.</summary>
    public static FrameChoice Default { get; } = new(new QwenVideoOptions(), new LlavaVideoOptions().MaxFrames);
}
