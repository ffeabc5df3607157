namespace Microsoft.ML.Score.Compression;

/// <summary>The forms of FastVID that published numbers come from.</summary>
public enum FastVidVariant
{
    /// <summary>The official code for LLaVA-Video (LunarShen/FastVID at a40a109).</summary>
    LlavaVideo,

    /// <summary>The official code for Qwen2.5-VL: near-duplicate steps get no tokens, and a step's shares are capped.</summary>
    Qwen25VL,

    /// <summary>The official code for LLaVA-OneVision, which runs all steps in parallel.</summary>
    LlavaOneVision,

    /// <summary>As ported to Qwen models in VidCom2's repository (branch qwen at a85d485), with settings of its own and the norm of a token as its salience.</summary>
    VidCom2Port,
}

/// <summary>The constants of FastVID, in the paper's symbols.</summary>
/// <param name="C">c, the least number of segments.</param>
/// <param name="Tau">tau, similarity of steps below which a segment ends.</param>
/// <param name="Ignore">Similarity of steps from which a step adds nothing to the next one; infinite where all steps count.</param>
/// <param name="D">d, the share of context tokens.</param>
/// <param name="P">p, steps from one anchor step to the next.</param>
/// <param name="Beta">beta, the least weight of an anchor in its cluster.</param>
internal sealed record FastVidSettings(int C, double Tau, double Ignore, double D, int P, double Beta)
{
    public static FastVidSettings Of(FastVidVariant variant) => variant switch
    {
        FastVidVariant.Qwen25VL => new(8, 0.84, 0.95, 0.4, 4, 0.6),
        FastVidVariant.VidCom2Port => new(8, 0.84, 0.99, 0.5, 4, 0.5),
        _ => new(8, 0.9, double.PositiveInfinity, 0.4, 4, 0.6),
    };
}
