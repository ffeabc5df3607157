using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>What config.json says of a frozen model, whatever its architecture.</summary>
internal interface IModelConfig
{
    /// <summary>The architecture's name, for people.</summary>
    string Architecture { get; }

    /// <summary>The language model's part.</summary>
    Qwen2Config TextConfig { get; }

    /// <summary>The tensors that a checkpoint of this configuration must hold.</summary>
    ExpectedTensors Tensors();

    /// <summary>The tokens that a clip becomes; none of its frames is read.</summary>
    /// <param name="clip">The video.</param>
    /// <param name="files">The checkpoint's files, for what they say of frames.</param>
    TokenGrid GridOf(VideoClip clip, CheckpointFiles files);

    /// <summary>Rows that a video takes in the language model's sequence: the kept tokens and what the architecture puts between them, at most.</summary>
    int MostVideoRows(TokenGrid grid, int keptTokens);

    /// <summary>DeepStack tensors that visual tokens have beside their vectors.</summary>
    int DeepStackLevels => 0;

    /// <summary>Bytes of the tensors that stand in memory at a time while a video of this grid is encoded, its visual tokens apart.</summary>
    long EncoderBytes(TokenGrid grid);
}
