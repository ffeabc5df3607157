using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Experiment;

/// <summary>What a selection keeps: the world knows what each token shows, so why a selection answers well or badly can be seen.</summary>
/// <param name="Selection">Its name; mergers, which keep no token as it was, are left out.</param>
/// <param name="Length">The length class.</param>
/// <param name="Ratio">The retention ratio asked for.</param>
/// <param name="Objects">The share kept of the tokens that show an object, which is what questions ask about.</param>
/// <param name="Misleading">The share kept of the tokens with bystanders or coloured stripes.</param>
/// <param name="Background">The share kept of the others.</param>
internal sealed record CoverageRow(string Selection, string Length, double Ratio, double Objects, double Misleading, double Background)
{
    /// <summary>Enough for whole percents.</summary>
    private const int MostVideos = 40;

    public static IEnumerable<CoverageRow> Measure(IVideoLanguageModel model, IReadOnlyList<Selection> selections, ExperimentSettings settings, double ratio)
    {
        foreach (var length in settings.Lengths)
        {
            var videos = Enumerable.Range(0, Math.Min(settings.Videos, MostVideos)).Select(index => SyntheticWorld.Generate(SyntheticSplit.Test, length, index))
                .Select(video => (Clip: video, Tokens: model.Encode(video.Clip))).ToList();
            foreach (var selection in selections.Where(selection => !selection.Merges))
            {
                ITokenCompressor[] pruners = [.. selection.Systems[ratio].Select(system => system.Compressor).OfType<ITokenCompressor>()];
                if (pruners.Length == 0)
                    continue;

                var all = videos.SelectMany(video => Enumerable.Range(0, video.Clip.Grid.Count).Select(video.Clip.KindOf)).ToLookup(kind => kind);
                var kept = videos.SelectMany(video => pruners.SelectMany(pruner => pruner.Compress(video.Tokens, ratio).Positions.ToArray()).Select(video.Clip.KindOf)).ToLookup(kind => kind);
                double Share(TokenKind kind) => (double)kept[kind].Count() / Math.Max(1, all[kind].Count() * pruners.Length);
                yield return new CoverageRow(selection.Name, length.ToString().ToLowerInvariant(), ratio, Share(TokenKind.Object), Share(TokenKind.Misleading), Share(TokenKind.Background));
            }
        }
    }
}
