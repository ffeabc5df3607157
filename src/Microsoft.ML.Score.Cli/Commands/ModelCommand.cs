using System.CommandLine;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Video;
using Score.Cli.Output;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary><c>score model MODEL</c>: what a checkpoint is, what a clip becomes in it and whether that fits, or what is wrong with its files, without loading it.</summary>
internal static class ModelCommand
{
    private static readonly Example[] s_examples =
    [
        new("score model tiny --seconds 600 --ratio 0.1", "Tell what ten minutes of video become in the embedded model, and the memory that they take."),
        new("score model Qwen/Qwen2.5-VL-7B-Instruct --video clip.mp4", "Tell it of a video and a checkpoint in the Hugging Face cache."),
        new("score model models/Qwen2.5-VL-7B-Instruct --check", "List all that is wrong with the files of a checkpoint."),
    ];

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = $"{char.ToUpperInvariant(CommonOptions.Checkpoint[0])}{CommonOptions.Checkpoint[1..]}, or {CommonOptions.AboutEmbeddedModel}." };
        model.CompletionSources.Add(_ => CommonOptions.ModelNames());
        var video = new Option<string?>("--video")
        {
            Description = "The clip: a video file, still image or clip of the synthetic world, in place of the four options that follow.",
        };
        video.Validators.Add(CommonOptions.CheckClipNames);
        var seconds = CommonOptions.Positive("--seconds", "The clip's length.", 60);
        var rate = CommonOptions.Positive("--fps", "Its frames a second.", 30);
        var width = CommonOptions.AtLeast("--width", "Its width in pixels.", 1, 1280);
        var height = CommonOptions.AtLeast("--height", "Its height in pixels.", 1, 720);
        var ratio = CommonOptions.Ratio();
        var memory = CommonOptions.Memory();
        var reading = new ReadingOptions();
        var check = new Option<bool>("--check") { Description = "Check the folder's files against each other instead, and list all that is wrong. Exit code 1 when something is." };
        var json = CommonOptions.Json();
        var command = new ExampledCommand("model", "Describe a checkpoint without loading it: its parts, the tokens that a clip becomes, and whether that fits in memory. Or check its files.", s_examples)
        {
            model, check, video, seconds, rate, width, height, ratio, memory, reading.Timeout, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(check) && result.GetValue(model) == CommonOptions.EmbeddedModel)
                result.AddError("--check needs the folder of a checkpoint; the embedded model has none.");
            if (result.GetValue(check))
                IdleOptions.Refuse(result, "cannot be combined with --check, which looks at the checkpoint's files alone; leave out one of the two.", video, seconds, rate, width, height, ratio, memory);
            else if (IdleOptions.IsGiven(result, video))
                IdleOptions.Refuse(result, "cannot be combined with --video, which brings its own length and size; leave out one of the two.", seconds, rate, width, height);
            if (CommonOptions.ValueOf(result, seconds) is { } length && CommonOptions.ValueOf(result, rate) is { } framesPerSecond && ClipOutline.FaultOf(length, framesPerSecond) is { } fault)
                result.AddError($"--seconds and --fps: {fault}");
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (parsed.GetValue(check))
                    return Check(parsed.GetRequiredValue(model), parsed.GetValue(json), parsed.InvocationConfiguration.Output);
                VideoClip clip = parsed.GetValue(video) is { } path
                    ? new VideoReference(path, reading.Of(parsed)).OpenClip(cancellationToken)
                    : new ClipOutline(parsed.GetValue(seconds), parsed.GetValue(rate), parsed.GetValue(height), parsed.GetValue(width));
                var source = parsed.GetRequiredValue(model);
                var report = new ModelReport(source, VideoModel.Describe(source), clip, parsed.GetValue(ratio), CommonOptions.Limit(parsed.GetValue(memory)));
                if (parsed.GetValue(json))
                    parsed.InvocationConfiguration.Output.WriteLine(JsonOutput.Format(report.ToJson()));
                else
                    report.Write(parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static int Check(string folder, bool json, TextWriter output)
    {
        var report = new CheckReport(folder, VideoModel.Check(folder));
        if (json)
            output.WriteLine(JsonOutput.Format(report.ToJson()));
        else
            report.Write(output);
        return report.IsRight ? 0 : 1;
    }
}
