namespace Microsoft.ML.Score.TinyModel;

/// <summary>
/// Qwen2.5-VL's vision tower where every attention window is one visual token (window_size = one merged token, no full-attention
/// block): each token is encoded on its own, so any subset of a video's tokens can be encoded, and no object leaks into its neighbours.
/// </summary>
internal sealed class VisionTower
{
    private const double RopeTheta = 10000;

    private readonly TinyConfiguration _configuration;
    private readonly Parameter _patchEmbedding;
    private readonly Block[] _blocks;
    private readonly Parameter _mergerNorm, _mergerIn, _mergerInBias, _mergerOut, _mergerOutBias;
    private readonly RotaryTable _rotary;

    public VisionTower(TinyConfiguration configuration, ParameterSet parameters)
    {
        _configuration = configuration;
        var hidden = configuration.VisionHiddenSize;
        var merged = hidden * TinyConfiguration.PatchesPerToken;
        var patchScale = 1 / Math.Sqrt(TinyConfiguration.PatchLength);
        int[] patchShape = [hidden, TinyConfiguration.Channels, TinyConfiguration.TemporalPatchSize, TinyConfiguration.PatchSize, TinyConfiguration.PatchSize];
        _patchEmbedding = parameters.Add("visual.patch_embed.proj.weight", patchShape, true, () => (float)(parameters.Normal() * patchScale));
        _blocks = [.. Enumerable.Range(0, configuration.VisionDepth).Select(i => new Block($"visual.blocks.{i}", configuration, parameters))];
        _mergerNorm = parameters.AddVector("visual.merger.ln_q.weight", hidden, 1);
        _mergerIn = parameters.AddMatrix("visual.merger.mlp.0.weight", merged, merged, 1 / Math.Sqrt(merged));
        _mergerInBias = parameters.AddVector("visual.merger.mlp.0.bias", merged, 0);
        _mergerOut = parameters.AddMatrix("visual.merger.mlp.2.weight", configuration.HiddenSize, merged, 1 / Math.Sqrt(merged));
        _mergerOutBias = parameters.AddVector("visual.merger.mlp.2.bias", configuration.HiddenSize, 0);
        _rotary = WindowRotary(hidden / configuration.VisionHeads);
    }

    /// <summary>The visual tokens [tokens, hidden] of patches [tokens * 4, 96], the four patches of a token row by row.</summary>
    public Variable Forward(Tape tape, Variable patches)
    {
        var x = tape.Linear(patches, _patchEmbedding, isInput: true);
        foreach (var block in _blocks)
        {
            var qkv = tape.Linear(tape.RmsNorm(x, block.Norm1), block.Qkv, block.QkvBias);
            var attended = tape.WindowAttention(qkv, _configuration.VisionHeads, TinyConfiguration.PatchesPerToken, _rotary);
            x = tape.Linear(attended, block.Projection, block.ProjectionBias, residual: x);
            var normalised = tape.RmsNorm(x, block.Norm2);
            var gated = tape.SwiGlu(tape.Linear(normalised, block.Gate, block.GateBias), tape.Linear(normalised, block.Up, block.UpBias));
            x = tape.Linear(gated, block.Down, block.DownBias, residual: x);
        }

        x = tape.RmsNorm(x, _mergerNorm);
        x = x.Reshape(x.Rows / TinyConfiguration.PatchesPerToken, x.Columns * TinyConfiguration.PatchesPerToken);
        return tape.Linear(tape.Gelu(tape.Linear(x, _mergerIn, _mergerInBias)), _mergerOut, _mergerOutBias);
    }

    /// <summary>
    /// Angles of the four patches of a window: the first half of the frequencies turns with the patch row, the second with its
    /// column. Scores depend on differences of positions only, so positions within the window do for those in the frame.
    /// </summary>
    private static RotaryTable WindowRotary(int headDimension)
    {
        var half = headDimension / 2;
        var angles = new float[TinyConfiguration.PatchesPerToken * half];
        for (var patch = 0; patch < TinyConfiguration.PatchesPerToken; patch++)
            for (var k = 0; k < half; k++)
            {
                var position = k < half / 2 ? patch / TinyConfiguration.SpatialMergeSize : patch % TinyConfiguration.SpatialMergeSize;
                angles[patch * half + k] = position * (float)Math.Pow(RopeTheta, -2.0 * (k % (half / 2)) / half);
            }

        return RotaryTable.FromAngles(angles, half);
    }

    private sealed class Block
    {
        public Block(string name, TinyConfiguration configuration, ParameterSet parameters)
        {
            var (hidden, inner) = (configuration.VisionHiddenSize, configuration.VisionIntermediateSize);
            var scale = 1 / Math.Sqrt(hidden);
            var residualScale = 1 / Math.Sqrt(2.0 * configuration.VisionDepth);
            Norm1 = parameters.AddVector($"{name}.norm1.weight", hidden, 1);
            Qkv = parameters.AddMatrix($"{name}.attn.qkv.weight", 3 * hidden, hidden, scale);
            QkvBias = parameters.AddVector($"{name}.attn.qkv.bias", 3 * hidden, 0);
            Projection = parameters.AddMatrix($"{name}.attn.proj.weight", hidden, hidden, scale * residualScale);
            ProjectionBias = parameters.AddVector($"{name}.attn.proj.bias", hidden, 0);
            Norm2 = parameters.AddVector($"{name}.norm2.weight", hidden, 1);
            Gate = parameters.AddMatrix($"{name}.mlp.gate_proj.weight", inner, hidden, scale);
            GateBias = parameters.AddVector($"{name}.mlp.gate_proj.bias", inner, 0);
            Up = parameters.AddMatrix($"{name}.mlp.up_proj.weight", inner, hidden, scale);
            UpBias = parameters.AddVector($"{name}.mlp.up_proj.bias", inner, 0);
            Down = parameters.AddMatrix($"{name}.mlp.down_proj.weight", hidden, inner, residualScale / Math.Sqrt(inner));
            DownBias = parameters.AddVector($"{name}.mlp.down_proj.bias", hidden, 0);
        }

        public Parameter Norm1 { get; }
        public Parameter Qkv { get; }
        public Parameter QkvBias { get; }
        public Parameter Projection { get; }
        public Parameter ProjectionBias { get; }
        public Parameter Norm2 { get; }
        public Parameter Gate { get; }
        public Parameter GateBias { get; }
        public Parameter Up { get; }
        public Parameter UpBias { get; }
        public Parameter Down { get; }
        public Parameter DownBias { get; }
    }
}
