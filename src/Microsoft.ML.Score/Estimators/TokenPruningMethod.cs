using System.Text.Json.Serialization;
using Microsoft.ML.Score.Compression;

namespace Microsoft.ML.Score;

/// <summary>Methods without training that keep tokens as they are; none needs more than the vectors.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TokenPruningMethod>))]
public enum TokenPruningMethod
{
    /// <summary>DyCoke as its paper counts; keeps no less than 25%. See <see cref="DyCokeCompressor"/>.</summary>
    DyCoke,

    /// <summary>DyCoke as its official code runs.</summary>
    DyCokeOfficial,

    /// <summary>DyCoke as ported to Qwen models in VidCom2's repository.</summary>
    DyCokeVidCom2Port,

    /// <summary>VidCom2. See <see cref="VidCom2Compressor"/>.</summary>
    VidCom2,

    /// <summary>Efficient Video Sampling as served by vLLM. See <see cref="EvsCompressor"/>.</summary>
    Evs,

    /// <summary>A control: any k tokens, from the seed and the video's content. See <see cref="RandomCompressor"/>.</summary>
    Random,

    /// <summary>A control: k tokens at equal distances. See <see cref="UniformCompressor"/>.</summary>
    Uniform,

    /// <summary>
    /// A control: one token of each of k equal stretches, from the seed and the video's content. See
    /// <see cref="JitteredUniformCompressor"/>.
    /// </summary>
    JitteredUniform,

    /// <summary>A control: the k tokens that change most from the step before. See <see cref="LargestResidualCompressor"/>.</summary>
    LargestResidual,
}

internal static class TokenPruning
{
    public static ITokenCompressor Create(this TokenPruningMethod method, long seed) => method switch
    {
        TokenPruningMethod.DyCoke => new DyCokeCompressor(),
        TokenPruningMethod.DyCokeOfficial => new DyCokeCompressor(DyCokeVariant.Official),
        TokenPruningMethod.DyCokeVidCom2Port => new DyCokeCompressor(DyCokeVariant.VidCom2Port),
        TokenPruningMethod.VidCom2 => new VidCom2Compressor(),
        TokenPruningMethod.Evs => new EvsCompressor(),
        TokenPruningMethod.Random => new RandomCompressor(seed),
        TokenPruningMethod.Uniform => new UniformCompressor(),
        TokenPruningMethod.JitteredUniform => new JitteredUniformCompressor(seed),
        TokenPruningMethod.LargestResidual => new LargestResidualCompressor(),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method of pruning tokens."),
    };
}
