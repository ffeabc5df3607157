using System.CommandLine;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Commands;

/// <summary>How a command reads video files.</summary>
internal sealed class ReadingOptions
{
    /// <summary><c>--video-timeout</c></summary>
    public Option<double> Timeout { get; } = CommonOptions.Checked(
        "--video-timeout", "The seconds to wait for a video's next frame before it is given up.", "a number of seconds above 0 and at most 86400",
        seconds => seconds is > 0 and <= 86400, new VideoReadOptions().ProgressTimeout.TotalSeconds);

    /// <summary>What the command line says; of frames that do not decode the program warns once.</summary>
    public VideoReadOptions Of(ParseResult parsed)
    {
        var error = parsed.InvocationConfiguration.Error;
        var told = new HashSet<string>();
        return new VideoReadOptions
        {
            ProgressTimeout = TimeSpan.FromSeconds(parsed.GetValue(Timeout)),
            Warn = warning =>
            {
                // Videos are read by several threads, and again in each epoch.
                lock (told)
                    if (told.Add(warning))
                        error.WriteLine($"score: warning: {warning}");
            },
        };
    }
}
