namespace Microsoft.ML.Score.Policy;

/// <summary>
/// What the backward pass of the policy needs from the forward pass of the same video. Reused from video to video, so that training does
/// not allocate.
/// </summary>
internal sealed class PolicyActivations
{
    private float[] _hidden = [];
    private float[] _scales = [];

    /// <summary>w1 h + b1 of all tokens, [T*N, H].</summary>
    public Span<float> Hidden => _hidden.AsSpan(0, TokenCount * HiddenWidth);

    /// <summary>What the vectors were multiplied by: 1 / rms, [T*N]; ones without normalisation.</summary>
    public ReadOnlySpan<float> Scales => _scales.AsSpan(0, TokenCount);

    public int TokenCount { get; private set; }

    public int HiddenWidth { get; private set; }

    /// <summary>Makes room for a video.</summary>
    public void Reset(int tokenCount, int hiddenWidth)
    {
        (TokenCount, HiddenWidth) = (tokenCount, hiddenWidth);
        if (_hidden.Length < tokenCount * hiddenWidth)
            _hidden = new float[tokenCount * hiddenWidth];
        if (_scales.Length < tokenCount)
            _scales = new float[tokenCount];
    }

    public void Keep(int token, ReadOnlySpan<float> hidden, float scale)
    {
        hidden.CopyTo(_hidden.AsSpan(token * HiddenWidth, HiddenWidth));
        _scales[token] = scale;
    }
}
