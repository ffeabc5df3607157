using System.Text.Json.Serialization;
using Microsoft.ML.Score.Compression;

namespace Microsoft.ML.Score;

/// <summary>Methods without training that merge tokens. All but the ports choose by the encoder's attention.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TokenMergingMethod>))]
public enum TokenMergingMethod
{
    /// <summary>HoliTom, its stage before the language model. See <see cref="HoliTomCompressor"/>.</summary>
    HoliTom,

    /// <summary>HoliTom as ported to Qwen models in VidCom2's repository; needs no attention.</summary>
    HoliTomVidCom2Port,

    /// <summary>FastVID as its official code runs on LLaVA-Video. See <see cref="FastVidCompressor"/>.</summary>
    FastVidLlavaVideo,

    /// <summary>FastVID as its official code runs on Qwen2.5-VL.</summary>
    FastVidQwen25VL,

    /// <summary>FastVID as its official code runs on LLaVA-OneVision.</summary>
    FastVidLlavaOneVision,

    /// <summary>FastVID as ported to Qwen models in VidCom2's repository; needs no attention.</summary>
    FastVidVidCom2Port,
}

internal static class TokenMerging
{
    public static ITokenCompressor Create(this TokenMergingMethod method) => method switch
    {
        TokenMergingMethod.HoliTom => new HoliTomCompressor(),
        TokenMergingMethod.HoliTomVidCom2Port => new HoliTomCompressor(HoliTomVariant.VidCom2Port),
        TokenMergingMethod.FastVidLlavaVideo => new FastVidCompressor(FastVidVariant.LlavaVideo),
        TokenMergingMethod.FastVidQwen25VL => new FastVidCompressor(FastVidVariant.Qwen25VL),
        TokenMergingMethod.FastVidLlavaOneVision => new FastVidCompressor(FastVidVariant.LlavaOneVision),
        TokenMergingMethod.FastVidVidCom2Port => new FastVidCompressor(FastVidVariant.VidCom2Port),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method of merging tokens."),
    };

    /// <summary>Whether the method chooses by the encoder's attention.</summary>
    public static bool NeedsSalience(this TokenMergingMethod method) => method is not (TokenMergingMethod.HoliTomVidCom2Port or TokenMergingMethod.FastVidVidCom2Port);
}
