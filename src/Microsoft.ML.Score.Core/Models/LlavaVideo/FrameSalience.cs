using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// What rivals take from the SigLIP tower beside the tokens: attention received in the last layer and, with a SigLIP checkpoint, the
/// pooling head.
/// </summary>
internal sealed class FrameSalience
{
    private readonly LlavaVideoModel _model;
    private readonly SiglipPoolingHead? _head;

    private FrameSalience(LlavaVideoModel model, SiglipPoolingHead? head) => (_model, _head) = (model, head);

    /// <param name="model">The model whose tower is watched.</param>
    /// <param name="siglipFolder">The checkpoint with the pooling head; null to do without.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">A tensor of the head is missing or of another shape.</exception>
    public static FrameSalience Load(LlavaVideoModel model, string? siglipFolder)
    {
        if (siglipFolder is null)
            return new(model, null);
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(siglipFolder));
        return new(model, new SiglipPoolingHead(model.Config.VisionConfig, (name, shape) => checkpoint.Get($"vision_model.{name}", shape).ToArray()));
    }

    /// <summary>Watches the encoding of one video.</summary>
    public Observer Of(TokenGrid grid) => new(this, grid);

    /// <summary>Collects the statistics frame by frame.</summary>
    internal sealed class Observer(FrameSalience salience, TokenGrid grid)
    {
        private readonly float[] _received = new float[grid.Count];
        private readonly float[] _pooled = new float[salience._head is null ? 0 : grid.Count];
        private readonly List<float> _features = [];
        private LastAttention? _attention;
        private int _frame;

        public EncoderStatistics Result => new() { ReceivedAttention = _received, PooledAttention = _pooled, StepFeatures = _features.ToArray() };

        public void Observe(string name, Tensor values)
        {
            var (model, config) = (salience._model, salience._model.Config.VisionConfig);
            _attention ??= new LastAttention(model.Kernels, $"vision.layer{config.UsedLayers - 1}");
            var quantity = name.Replace($"_frame{_frame}", null, StringComparison.Ordinal);
            _attention.Observe(quantity, values);
            if (quantity != "vision.features")
                return;

            Put(ReceivedAttention.Compute(_attention.Queries, _attention.Keys, config.HeadDim, config.Patches), _received);
            if (salience._head is { } head)
            {
                var features = new float[values.Rows * values.Columns];
                model.Kernels.Download(values, features);
                var (attention, pooled) = head.Apply(features);
                Put(attention, _pooled);
                _features.AddRange(pooled);
            }

            _frame++;
        }

        private void Put(float[] ofPatches, float[] ofTokens) =>
            salience._model.Pooling.Pool(ofPatches, 1, ofTokens.AsSpan(_frame * grid.TokensPerStep, grid.TokensPerStep));
    }
}
