using Microsoft.ML.Score.Tokens;

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

    /// <summary>Rows that a video takes in the language model's sequence: the kept tokens and what the architecture puts between them, at most.</summary>
    int MostVideoRows(TokenGrid grid, int keptTokens);

    /// <summary>DeepStack tensors that visual tokens have beside their vectors.</summary>
    int DeepStackLevels => 0;

    /// <summary>Bytes of the tensors that stand in memory at a time while a video of this grid is encoded, its visual tokens apart.</summary>
    long EncoderBytes(TokenGrid grid);
}
