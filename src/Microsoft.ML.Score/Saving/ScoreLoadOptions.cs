using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score;

/// <summary>
/// Where a loaded pipeline finds its frozen model. A zip holds no frozen weights, only the model's source as it was given and its
/// fingerprint; a pipeline without <c>EncodeVideo</c> and <c>AnswerVideoQuestion</c> needs no model.
/// </summary>
public sealed class ScoreLoadOptions
{
    /// <summary>
    /// The model to use; its fingerprint must be the saved one. It stays the caller's to dispose, after the last prediction.
    /// Default null: the first use loads the model and all pipelines of the process share it.
    /// </summary>
    public IVideoLanguageModel? Model { get; init; }

    /// <summary>
    /// Folders to search after the saved source itself and before those of the environment variable SCORE_MODEL_PATH: the
    /// checkpoint's folder, or its parent. Default none.
    /// </summary>
    public IReadOnlyList<string> ModelFolders { get; init; } = [];

    /// <summary>
    /// Where a view of the loaded pipeline keeps encoded videos. Default null: nowhere, unless the features column holds paths of feature
    /// files, which then lie in the user's cache directory (<see cref="FeatureCacheOptions.UserFolder"/>).
    /// </summary>
    public FeatureCacheOptions? Cache { get; init; }

    /// <summary>How video files are read: limits, and who is told of frames that do not decode.</summary>
    public VideoReadOptions ReadOptions { get; init; } = new();
}
