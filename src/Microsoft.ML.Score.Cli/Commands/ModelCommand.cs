using System.CommandLine;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Video;
using Score.Cli.Output;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary><c>score model MODEL</c>: what a checkpoint is, what a clip becomes in it and whether that fits, without loading it.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = $"The folder of a Hugging Face checkpoint, or {ModelLimits.OfEmbedded}." };
        var video = new Option<string?>("--video")
        {
            Description = "The clip: a video file, still image or clip of the synthetic world, in place of the four options that follow.",
        };
        var seconds = CommonOptions.Positive("--seconds", "The clip's length.", 60);
        var rate = CommonOptions.Positive("--fps", "Its frames a second.", 30);
        var width = CommonOptions.AtLeast("--width", "Its width in pixels.", 1, 1280);
        var height = CommonOptions.AtLeast("--height", "Its height in pixels.", 1, 720);
        var ratio = CommonOptions.Ratio();
        var memory = CommonOptions.Memory();
        var reading = new ReadingOptions();
        var json = CommonOptions.Json();
        var command = new Command("model", "Describe a checkpoint without loading it: its parts, the tokens that a clip becomes, and whether that fits in memory.")
        {
            model, video, seconds, rate, width, height, ratio, memory, reading.Timeout, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                VideoClip clip = parsed.GetValue(video) is { } path
                    ? new VideoReference(path, reading.Of(parsed)).OpenClip(cancellationToken)
                    : new ClipOutline(parsed.GetValue(seconds), parsed.GetValue(rate), parsed.GetValue(height), parsed.GetValue(width));
                var source = parsed.GetRequiredValue(model);
                var report = new ModelReport(source, VideoModel.Describe(source), clip, parsed.GetValue(ratio), CommonOptions.Limit(parsed.GetValue(memory)).MemoryLimit);
                if (parsed.GetValue(json))
                    parsed.InvocationConfiguration.Output.WriteLine(JsonOutput.Format(report.ToJson()));
                else
                    report.Write(parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }
}
