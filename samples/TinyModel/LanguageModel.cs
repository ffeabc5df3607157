namespace Microsoft.ML.Score.TinyModel;

/// <summary>Qwen2.5-VL's language model: a pre-norm decoder with M-RoPE, biased q, k and v, SwiGLU, and embeddings tied to the output.</summary>
internal sealed class LanguageModel
{
    private readonly TinyConfiguration _configuration;
    private readonly Layer[] _layers;
    private readonly Parameter _finalNorm;
    private readonly float[] _inverseFrequencies;

    public LanguageModel(TinyConfiguration configuration, int vocabularySize, ParameterSet parameters)
    {
        _configuration = configuration;
        Embedding = parameters.AddMatrix("model.embed_tokens.weight", vocabularySize, configuration.HiddenSize, 1 / Math.Sqrt(configuration.HiddenSize));
        _layers = [.. Enumerable.Range(0, configuration.Layers).Select(i => new Layer($"model.layers.{i}", configuration, parameters))];
        _finalNorm = parameters.AddVector("model.norm.weight", configuration.HiddenSize, 1);
        _inverseFrequencies = [.. Enumerable.Range(0, configuration.HeadDimension / 2).Select(k => (float)Math.Pow(configuration.RopeTheta, -2.0 * k / configuration.HeadDimension))];
    }

    /// <summary>[vocabulary, hidden]: the embeddings, and the weight of the output.</summary>
    public Parameter Embedding { get; }

    /// <summary>The normalised last hidden states of the wanted rows [wanted, hidden].</summary>
    /// <param name="tape">Where the operations are recorded.</param>
    /// <param name="x">Input embeddings [rows, hidden].</param>
    /// <param name="layout">Who sees whom.</param>
    /// <param name="positions">M-RoPE positions (time, row, column) of each row.</param>
    /// <param name="wantedRows">Rows whose hidden states are needed.</param>
    public Variable Forward(Tape tape, Variable x, StreamLayout layout, IReadOnlyList<(int Time, int Row, int Column)> positions, int[] wantedRows)
    {
        var rotary = Rotary(positions);
        foreach (var layer in _layers)
        {
            var normalised = tape.RmsNorm(x, layer.InputNorm);
            var attended = tape.StreamAttention(
                tape.Linear(normalised, layer.Query, layer.QueryBias),
                tape.Linear(normalised, layer.Key, layer.KeyBias),
                tape.Linear(normalised, layer.Value, layer.ValueBias),
                _configuration.Heads, layout, rotary);
            x = tape.Linear(attended, layer.Output, residual: x);
            normalised = tape.RmsNorm(x, layer.PostAttentionNorm);
            x = tape.Linear(tape.SwiGlu(tape.Linear(normalised, layer.Gate), tape.Linear(normalised, layer.Up)), layer.Down, residual: x);
        }

        return tape.RmsNorm(tape.SelectRows(x, wantedRows), _finalNorm);
    }

    private RotaryTable Rotary(IReadOnlyList<(int Time, int Row, int Column)> positions)
    {
        var half = _inverseFrequencies.Length;
        var (time, row) = (_configuration.MropeSection[0], _configuration.MropeSection[1]);
        var angles = new float[positions.Count * half];
        for (var i = 0; i < positions.Count; i++)
            for (var k = 0; k < half; k++)
            {
                var position = k < time ? positions[i].Time : k < time + row ? positions[i].Row : positions[i].Column;
                angles[i * half + k] = position * _inverseFrequencies[k];
            }

        return RotaryTable.FromAngles(angles, half);
    }

    private sealed class Layer
    {
        public Layer(string name, TinyConfiguration configuration, ParameterSet parameters)
        {
            var (hidden, inner) = (configuration.HiddenSize, configuration.IntermediateSize);
            var scale = 1 / Math.Sqrt(hidden);
            var residualScale = 1 / Math.Sqrt(2.0 * configuration.Layers);
            InputNorm = parameters.AddVector($"{name}.input_layernorm.weight", hidden, 1);
            Query = parameters.AddMatrix($"{name}.self_attn.q_proj.weight", hidden, hidden, scale);
            QueryBias = parameters.AddVector($"{name}.self_attn.q_proj.bias", hidden, 0);
            Key = parameters.AddMatrix($"{name}.self_attn.k_proj.weight", hidden, hidden, scale);
            KeyBias = parameters.AddVector($"{name}.self_attn.k_proj.bias", hidden, 0);
            Value = parameters.AddMatrix($"{name}.self_attn.v_proj.weight", hidden, hidden, scale);
            ValueBias = parameters.AddVector($"{name}.self_attn.v_proj.bias", hidden, 0);
            Output = parameters.AddMatrix($"{name}.self_attn.o_proj.weight", hidden, hidden, scale * residualScale);
            PostAttentionNorm = parameters.AddVector($"{name}.post_attention_layernorm.weight", hidden, 1);
            Gate = parameters.AddMatrix($"{name}.mlp.gate_proj.weight", inner, hidden, scale);
            Up = parameters.AddMatrix($"{name}.mlp.up_proj.weight", inner, hidden, scale);
            Down = parameters.AddMatrix($"{name}.mlp.down_proj.weight", hidden, inner, residualScale / Math.Sqrt(inner));
        }

        public Parameter InputNorm { get; }
        public Parameter Query { get; }
        public Parameter QueryBias { get; }
        public Parameter Key { get; }
        public Parameter KeyBias { get; }
        public Parameter Value { get; }
        public Parameter ValueBias { get; }
        public Parameter Output { get; }
        public Parameter PostAttentionNorm { get; }
        public Parameter Gate { get; }
        public Parameter Up { get; }
        public Parameter Down { get; }
    }
}
