using System.Text;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Saving;

/// <summary>
/// The frozen models that loaded pipelines use: one of each fingerprint, with or without encoder statistics, for the whole process, kept
/// until it ends.
/// </summary>
internal static class SharedModels
{
    public const string PathVariable = "SCORE_MODEL_PATH";

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<(string Fingerprint, bool EncoderStatistics), IVideoLanguageModel> s_models = [];

    /// <summary>The model of the given fingerprint; loaded by the first caller, while others wait.</summary>
    /// <exception cref="InvalidOperationException">No place holds it; the message lists the places and what to set.</exception>
    public static IVideoLanguageModel Find(VideoModelInfo info, IReadOnlyList<string> folders)
    {
        lock (s_gate)
        {
            var key = (info.Fingerprint, info.EncoderStatistics);
            if (!s_models.TryGetValue(key, out var model))
                s_models.Add(key, model = Load(info, folders));
            return model;
        }
    }

    private static IVideoLanguageModel Load(VideoModelInfo info, IReadOnlyList<string> folders)
    {
        var tried = new StringBuilder();
        var wanted = new EncoderIdentity("the pipeline", info.Dimension, info.Fingerprint) { AnyProcessing = true };
        foreach (var source in Candidates(info, folders))
        {
            try
            {
                var model = VideoModel.Load(source, new VideoModelOptions { EncoderStatistics = info.EncoderStatistics });
                if (wanted.Refuses(EncoderIdentity.Of(model.Info)) is null)
                    return model;
                tried.Append($"{Environment.NewLine}  {source}: another model, of fingerprint {model.Info.Fingerprint}");
                model.Dispose();
            }
            catch (Exception error) when (error is IOException or ArgumentException or InvalidDataException or NotSupportedException or UnauthorizedAccessException)
            {
                tried.Append($"{Environment.NewLine}  {source}: {error.Message}");
            }
        }

        throw new InvalidOperationException(
            $"The pipeline needs the frozen model '{info.Source}' of fingerprint {info.Fingerprint}, which is in none of these places:{tried}{Environment.NewLine}"
            + $"Set the environment variable {PathVariable} to its folder or that folder's parent (several are separated by '{Path.PathSeparator}'), "
            + $"or load the pipeline with LoadScore and set {nameof(ScoreLoadOptions)}.{nameof(ScoreLoadOptions.ModelFolders)} or .{nameof(ScoreLoadOptions.Model)}.");
    }

    private static IEnumerable<string> Candidates(VideoModelInfo info, IReadOnlyList<string> folders)
    {
        yield return info.Source;

        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(info.Source.Replace('\\', '/')));
        var listed = Environment.GetEnvironmentVariable(PathVariable)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (var folder in folders.Concat(listed))
        {
            if (Directory.Exists(Path.Combine(folder, name)))
                yield return Path.Combine(folder, name);
            yield return folder;
        }
    }
}
