using System.CommandLine;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary><c>score answer VIDEO --question TEXT</c>: what the frozen model answers from the kept tokens.</summary>
internal static class AnswerCommand
{
    private static readonly Example[] s_examples =
    [
        new("score answer clip.mp4 --question \"What happens in the video?\" --ratio 0.25", "Answer from a quarter of the tokens."),
        new("score answer synthetic:test-short-0 --question \"What colour is the circle?\" --ratio 1", "Answer from all of them, which needs no policy."),
        new("score answer clip.mp4 --question \"Describe the video.\" --temperature 0.7 --top-p 0.9 --seed 7", "Draw the answer; the same seed draws it again."),
    ];

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var video = new Argument<string>("video")
        {
            Description = "A video file, still image, feature file (.safetensors) or clip of the synthetic world (synthetic:test-short-0).",
        };
        video.Validators.Add(CommonOptions.CheckClipNames);
        var question = CommonOptions.Required("--question", "The question.", "a question", text => !string.IsNullOrWhiteSpace(text));
        var model = CommonOptions.Model();
        var memory = CommonOptions.Memory();
        var backend = CommonOptions.Backend();
        var qwen3 = new Qwen3Options();
        var frames = new FrameOptions();
        var dryRun = new DryRunOptions();
        var policy = CommonOptions.Policy();
        var ratio = CommonOptions.Ratio();
        var most = CommonOptions.AtLeast("--max-new-tokens", "The most tokens of the answer.", 1, 64);
        var temperature = CommonOptions.Checked(
            "--temperature", "What logits are divided by before tokens are drawn; 0 always takes the likeliest.",
            "a number of at least 0", value => value >= 0 && double.IsFinite(value), 0.0);
        var topP = CommonOptions.Checked(
            "--top-p", "Draw among the likeliest tokens whose probabilities reach this sum.",
            "a number above 0 and at most 1", value => value is > 0 and <= 1, 1.0);
        var seed = CommonOptions.Whole("--seed", "Of the draws.", 1);
        var reading = new ReadingOptions();
        var json = CommonOptions.Json();
        var command = new ExampledCommand("answer", "Answer a question about a video from its kept tokens; --ratio 1 keeps them all and needs no policy.", s_examples)
        {
            video, question, model, memory, backend, qwen3.FrameRules, qwen3.OuterMarkers, qwen3.DropEmptySteps, policy, ratio, most, temperature, topP, seed, reading.Timeout,
        };
        foreach (var option in frames.All.Concat([dryRun.DryRun, dryRun.Flops, json]))
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (CommonOptions.ValueOf(result, temperature) == 0)
                IdleOptions.Refuse(result, "cannot be combined with --temperature 0, which always takes the likeliest token; give a --temperature above 0.", topP);
            qwen3.RefuseIdle(result, model);
            frames.RefuseContradictions(result);
            dryRun.RefuseIdle(result);
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var reference = new VideoReference(parsed.GetRequiredValue(video), reading.Of(parsed));
                var source = parsed.GetRequiredValue(model);
                var loading = CommonOptions.Loading(parsed.GetValue(memory), parsed.GetRequiredValue(backend), qwen3.Of(parsed, source), parsed.InvocationConfiguration.Error, frames.Of(parsed, source));
                var (path, rho) = (parsed.GetValue(policy), parsed.GetValue(ratio));
                if (dryRun.IsAsked(parsed))
                {
                    var planned = new PlannedModel(source, loading);
                    if (rho < 1 || path is not null)
                        planned.ReadPolicy(policy.Name, path);
                    dryRun.Print(parsed, Plan(planned, reference, rho, parsed.GetRequiredValue(question), parsed.GetValue(most), cancellationToken), parsed.GetValue(json));
                    return 0;
                }

                using var frozen = loadModel(source, loading);
                var network = rho == 1 && path is null ? null : PolicySource.Load(policy.Name, path, frozen);

                var tokens = reference.Encode(frozen, cancellationToken);
                CommonOptions.WarnOfLimits(frozen, [tokens.Grid], parsed.InvocationConfiguration.Error);
                var kept = network is null ? KeptTokens.All(tokens) : new ScoreCompressor(network).Compress(tokens, rho);
                var options = new GenerationOptions
                {
                    MaxNewTokens = parsed.GetValue(most),
                    Temperature = parsed.GetValue(temperature),
                    TopP = parsed.GetValue(topP),
                    Seed = parsed.GetValue(seed),
                };
                var output = parsed.InvocationConfiguration.Output;
                var printsJson = parsed.GetValue(json);
                var answer = frozen.Generate(kept, parsed.GetRequiredValue(question), options, printsJson ? null : output.Write, cancellationToken);
                output.WriteLine(printsJson
                    ? JsonOutput.Format(new { video = reference.Text, question = parsed.GetValue(question), answer, tokens = kept.Grid.Count, keptTokens = kept.Count })
                    : "");
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static WorkPlan Plan(PlannedModel model, VideoReference video, double ratio, string question, int answerTokens, CancellationToken cancellationToken)
    {
        var plan = new WorkPlan("score answer", model);
        var grid = model.GridOf(video, cancellationToken);
        var (kept, text) = (TopK.RetainedCount(ratio, grid.Count), TextLength.Template + TextLength.Tokens(question.Length));
        plan.Count("videos", 1);
        plan.Count("questions", 1);
        plan.See(grid, kept);
        plan.EncodingFlops = video.IsFeatureFile ? 0 : model.Description.EncodingFlops(grid);
        plan.PassFlops = model.Description.PassFlops(grid, kept, text, outputs: 1);
        plan.GenerationFlops = model.Description.GenerationFlops(grid, kept, text, answerTokens);
        plan.Note("the answer is taken to have the most tokens that it may have");
        return plan;
    }
}
