using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Models;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary>The options that say how Qwen3-VL is run, <see cref="Qwen3VLOptions"/>. A command has those that can change what it gives.</summary>
internal sealed class Qwen3Options
{
    private const string Architecture = "Qwen3-VL";

    private static readonly Dictionary<string, Qwen3VLFrameRules> s_frameRules = new()
    {
        ["hugging-face"] = Qwen3VLFrameRules.HuggingFace,
        ["qwen-vl-utils"] = Qwen3VLFrameRules.QwenVLUtils,
    };

    public Option<string> FrameRules { get; } = CommonOptions.Word(
        "--frame-rules", $"By whose rules {Architecture} samples and sizes frames: its processor's in transformers, or those of qwen-vl-utils.", [.. s_frameRules.Keys], s_frameRules.Keys.First());

    public Option<bool> OuterMarkers { get; } = new("--outer-markers") { Description = $"Keep markers around all time steps in {Architecture}'s prompt, as transformers 5.10 and later do." };

    public Option<bool> DropEmptySteps { get; } = new("--drop-empty-steps") { Description = $"Leave time steps that keep no token out of {Architecture}'s prompt, timestamp and markers too." };

    private Option[] All => [FrameRules, OuterMarkers, DropEmptySteps];

    /// <summary>Refuses all of them, and others that are for it, beside the embedded model, which is no Qwen3-VL.</summary>
    public void RefuseIdle(CommandResult result, Option<string> model, params Option[] others)
    {
        if (!IdleOptions.IsWrong(result, model) && (result.GetResult(model) is null || result.GetValue(model) == CommonOptions.EmbeddedModel))
            IdleOptions.Refuse(result, $"is for {Architecture}, and --model is {CommonOptions.EmbeddedModel}; leave it out or name a {Architecture} checkpoint with --model.", [.. All, .. others]);
    }

    /// <summary>What the command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The checkpoint, which is looked into where one of them is given.</param>
    /// <exception cref="ArgumentException">One is given, and the checkpoint is of another architecture.</exception>
    public Qwen3VLOptions Of(ParseResult parsed, string model)
    {
        if (All.FirstOrDefault(option => IdleOptions.IsGiven(parsed.CommandResult, option)) is { } given
            && VideoModel.Describe(model).Architecture is var found && found != Architecture)
            throw new ArgumentException($"{given.Name} is for {Architecture}, and '{model}' is a {found} checkpoint. Leave it out, or name another checkpoint with --model.");
        return new Qwen3VLOptions
        {
            FrameRules = s_frameRules[parsed.GetValue(FrameRules)!],
            OuterMarkers = parsed.GetValue(OuterMarkers),
            DropEmptySteps = parsed.GetValue(DropEmptySteps),
        };
    }
}
