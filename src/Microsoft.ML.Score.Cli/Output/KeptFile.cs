using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Output;

/// <summary>Which tokens of one video are kept, in a file that appears whole or not at all; their vectors are written by <see cref="KeptTokens.Save"/>.</summary>
internal static class KeptFile
{
    /// <summary>The mask with all that it takes to use it elsewhere, as JSON. The same video, model and policy give the same bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="video">As given.</param>
    /// <param name="kept">What is kept: flat indices, time first, then row, then column.</param>
    /// <param name="ratio">The ratio that was asked for.</param>
    /// <param name="model">The frozen model.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="clip">The video's frames; null of a feature file.</param>
    public static void WriteMask(string path, string video, KeptTokens kept, double ratio, IVideoLanguageModel model, PolicyReport policy, VideoClip? clip)
    {
        var grid = kept.Grid;
        var frames = clip is null ? null : model.SampledFrames(clip);
        var document = JsonSerializer.Serialize(new
        {
            video,
            grid = new { timeSteps = grid.TimeSteps, height = grid.Height, width = grid.Width, secondsPerStep = grid.SecondsPerStep },
            ratio,
            model = new { source = model.Info.Source, encoderFingerprint = model.Info.EncoderFingerprint },
            policy = policy.ToJson(),
            frameSize = clip is null ? null : new { width = clip.Width, height = clip.Height },
            frames = frames is null ? null : new
            {
                perStep = frames.Count / grid.TimeSteps,
                indices = frames,
                seconds = clip!.IsStill ? null : frames.Select(frame => frame / clip.FramesPerSecond),
            },
            stepSeconds = kept.Times?.Seconds,
            keptPositions = kept.Positions.ToArray(),
        });
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(document + "\n")));
    }
}
