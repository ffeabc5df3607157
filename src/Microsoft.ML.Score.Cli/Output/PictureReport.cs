using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Output;

/// <summary>What a policy keeps of videos as pages, pictures and clips, beside what another compressor keeps.</summary>
/// <param name="model">The frozen model.</param>
/// <param name="policy">The policy.</param>
/// <param name="origin">What the policy is.</param>
/// <param name="ratio">The retention ratio that was asked for.</param>
/// <param name="rival">The other compressor; null for none.</param>
internal sealed class PictureReport(IVideoLanguageModel model, PolicyNetwork policy, PolicyReport origin, double ratio, ITokenCompressor? rival)
{
    /// <summary>Where a compressor without scores is asked, beside the ratio of the command: the page's slider shows the nearest of them.</summary>
    private static readonly double[] s_ratios = [0.01, 0.02, 0.03, 0.05, 0.10, 0.15, 0.25, 0.40, 0.60];

    /// <summary>The report of one video.</summary>
    /// <param name="name">What the video is called.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="video">Its tokens.</param>
    /// <param name="clip">Its frames; null of a feature file.</param>
    /// <param name="isAnyRatio">Whether the report has a slider over ratios, or shows the ratio of the command alone.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    public MaskReport Of(string name, string source, VideoTokens video, VideoClip? clip, bool isAnyRatio, CancellationToken cancellationToken) =>
        new(name, video.Grid, [TokenSelection.OfScores(CompressionMethod.Score.Name, policy.Logits(video)), .. Rival(video, isAnyRatio, cancellationToken)])
        {
            RetentionRatio = ratio,
            Pictures = clip is null ? null : StepPictures.Read(clip, video.Grid, model.SampledFrames(clip), cancellationToken),
            Times = video.Times,
            Facts =
            [
                new("Video", source),
                new("Model", $"{model.Info.Source}, {model.Info.EncoderFingerprint}"),
                .. origin.Facts(),
                .. rival is null ? Array.Empty<KeyValuePair<string, string>>() : [new("Beside it", Note(video))],
            ],
        };

    private IEnumerable<TokenSelection> Rival(VideoTokens video, bool isAnyRatio, CancellationToken cancellationToken)
    {
        if (rival is null)
            yield break;
        var masks = new List<(double, bool[])>();
        foreach (var asked in isAnyRatio ? s_ratios.Append(ratio).Distinct() : [ratio])
        {
            cancellationToken.ThrowIfCancellationRequested();
            masks.Add((asked, rival.Compress(video, asked).ToMask()));
        }

        yield return TokenSelection.OfMasks(rival.Name, masks);
    }

    private string Note(VideoTokens video)
    {
        var kept = rival!.Compress(video, ratio);
        return string.Create(CultureInfo.InvariantCulture, $"{rival.Name}, {kept.Count:#,0} tokens at {ratio:0.##%}") + (kept.Video is null ? "; they are merged of several, and stand where one of them was" : "");
    }
}
