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
    public MaskReport Of(string name, string source, VideoTokens video, VideoClip? clip, bool isAnyRatio, CancellationToken cancellationToken)
    {
        List<TokenSelection> selections = [TokenSelection.OfScores(CompressionMethod.Score.Name, policy.Logits(video))];
        List<KeyValuePair<string, string>> facts =
        [
            new("Video", source),
            new("Model", $"{model.Info.Source}, {model.Info.EncoderFingerprint}"),
            // A policy has tokens and a model of its own, which are not to be taken for the video's.
            .. origin.Facts().Select((fact, index) => index == 0 ? fact : new($"Policy: {fact.Key.ToLowerInvariant()}", fact.Value)),
        ];
        if (rival is not null)
        {
            var masks = new List<(double, bool[])>();
            foreach (var asked in isAnyRatio ? s_ratios.Append(ratio).Distinct() : [ratio])
            {
                cancellationToken.ThrowIfCancellationRequested();
                var kept = rival.Compress(video, asked);
                masks.Add((asked, kept.ToMask()));
                if (asked.Equals(ratio))
                    facts.Add(new("Beside it", Note(rival, kept)));
            }

            selections.Add(TokenSelection.OfMasks(rival.Name, masks));
        }

        return new MaskReport(name, video.Grid, selections)
        {
            RetentionRatio = ratio,
            Pictures = clip is null ? null : StepPictures.Read(clip, video.Grid, model.SampledFrames(clip), cancellationToken),
            Times = video.Times,
            Facts = facts,
        };
    }

    private string Note(ITokenCompressor rival, KeptTokens kept) =>
        string.Create(CultureInfo.InvariantCulture, $"{rival.Name}, {kept.Count:#,0} tokens at {ratio:0.##%}") + (kept.Video is null ? "; they are merged of several, and stand where one of them was" : "");
}
