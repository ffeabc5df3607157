using System.CommandLine;
using Microsoft.ML.Score.Cli.Output;
using Microsoft.ML.Score.Cli.Videos;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Cli.Commands;

/// <summary><c>score model MODEL</c>: what a checkpoint is, what a clip becomes in it and whether that fits, without loading it.</summary>
internal static class ModelCommand
{
    private const double BytesPerGiB = 1L << 30;

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "tiny (embedded) or the folder of a Hugging Face checkpoint." };
        var video = new Option<string?>("--video") { Description = "The clip: a video file, still image or clip of the synthetic world, in place of the four options that follow." };
        var seconds = Positive("--seconds", "The clip's length.", 60);
        var rate = Positive("--fps", "Its frames a second.", 30);
        var width = CommonOptions.AtLeast("--width", "Its width in pixels.", 1, 1280);
        var height = CommonOptions.AtLeast("--height", "Its height in pixels.", 1, 720);
        var ratio = CommonOptions.Ratio();
        var memory = Positive("--memory", "The memory to fit in, in GiB.", Math.Round(new VideoModelOptions().MemoryLimit / BytesPerGiB, 1));
        var json = CommonOptions.Json();
        var command = new Command("model", "Describe a checkpoint without loading it: its parts, the tokens that a clip becomes, and whether that fits in memory.")
        {
            model, video, seconds, rate, width, height, ratio, memory, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                VideoClip clip = parsed.GetValue(video) is { } path
                    ? new VideoReference(path).OpenClip(cancellationToken)
                    : new ClipOutline(parsed.GetValue(seconds), parsed.GetValue(rate), parsed.GetValue(height), parsed.GetValue(width));
                var limit = (long)Math.Min(parsed.GetValue(memory) * BytesPerGiB, long.MaxValue);
                var source = parsed.GetRequiredValue(model);
                var report = new ModelReport(source, VideoModel.Describe(source), clip, parsed.GetValue(ratio), limit);
                if (parsed.GetValue(json))
                    parsed.InvocationConfiguration.Output.WriteLine(JsonOutput.Format(report.ToJson()));
                else
                    report.Write(parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static Option<double> Positive(string name, string description, double defaultValue) =>
        CommonOptions.Checked(name, description, "a positive number", value => value > 0 && double.IsFinite(value), defaultValue);
}
