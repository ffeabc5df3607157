using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>A Qwen3-VL checkpoint: vision tower and language model over token ids and patches. Safe for concurrent calls.</summary>
internal sealed class Qwen3VLModel : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly ModelWeights _weights;

    private Qwen3VLModel(Checkpoint checkpoint, Qwen3VLConfig config, IKernels kernels)
    {
        _checkpoint = checkpoint;
        _weights = new ModelWeights(checkpoint, config.Tensors(), kernels);
        Config = config;
        Kernels = kernels;
        Vision = new Qwen3VisionTower(config.VisionConfig, _weights, kernels);
        LanguageModel = new Qwen2LanguageModel(config.TextConfig, _weights, kernels);
        Decoder = new KeptTokenDecoder(LanguageModel, kernels);
    }

    public Qwen3VLConfig Config { get; }

    public IKernels Kernels { get; }

    public Qwen3VisionTower Vision { get; }

    public Qwen2LanguageModel LanguageModel { get; }

    public KeptTokenDecoder Decoder { get; }

    public string Fingerprint => _checkpoint.Fingerprint;

    /// <exception cref="InvalidDataException">A tensor is not what the configuration needs; the message names it.</exception>
    public static Qwen3VLModel Load(CheckpointFiles files, Qwen3VLConfig config, IKernels kernels)
    {
        var checkpoint = Checkpoint.Open(files);
        try
        {
            return new Qwen3VLModel(checkpoint, config, kernels);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Visual tokens [tokens, D] of one video, and the DeepStack features of each level, likewise.</summary>
    /// <param name="steps">
    /// The patches of each time step, [grid.PatchesPerStep, PatchLength] in natural order; each is copied before the next is asked for.
    /// </param>
    /// <param name="grid">Their grid.</param>
    /// <param name="pooledAttention">Receives <see cref="MeanQueryAttention"/> of the last block, a value for each token; null to do without.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="ArgumentException">The tokens have more values than one array holds.</exception>
    public (float[] Vectors, float[][] DeepStack) Encode(
        IEnumerable<ReadOnlyMemory<float>> steps, PatchGrid grid, float[]? pooledAttention = null, CancellationToken cancellationToken = default)
    {
        var vision = Config.VisionConfig;
        var length = StepGroups.VectorsLength(grid, vision.MergeUnit, vision.OutHiddenSize);
        var features = Enumerable.Range(0, 1 + Config.DeepStackLevels).Select(_ => new float[length]).ToArray();
        var done = 0;
        foreach (var (patches, part) in StepGroups.Upload(Kernels, steps, grid, vision.PatchLength))
            using (patches)
            {
                var lastAttention = pooledAttention is null ? null : new LastAttention(Kernels, $"vision.block{vision.Depth - 1}");
                var outputs = Vision.Encode(patches, [part], lastAttention is null ? null : lastAttention.Observe, cancellationToken);
                if (lastAttention is not null)
                    MeanQueryAttention.Compute(lastAttention.Queries, lastAttention.Keys, part.TimeSteps, vision.HeadDim, grid.PatchesPerStep, vision.MergeUnit)
                        .CopyTo(pooledAttention.AsSpan(done / vision.OutHiddenSize));
                for (var level = 0; level < outputs.Length; level++)
                    using (outputs[level])
                        Kernels.Download(outputs[level], features[level].AsSpan(done, outputs[level].Rows * outputs[level].Columns));
                done += part.Patches / vision.MergeUnit * vision.OutHiddenSize;
            }

        return (features[0], features[1..]);
    }

    /// <summary>Bytes of the tensors and patches that stand in memory at a time while a video of this grid is encoded, its visual tokens apart.</summary>
    public static long EncoderBytes(Qwen3VisionConfig config, PatchGrid grid)
    {
        var patches = StepGroups.PatchesAtATime(grid);
        return Qwen3VisionTower.WorkingBytes(config, patches) + sizeof(float) * (patches + grid.PatchesPerStep) * config.PatchLength;
    }

    /// <summary>The positions of a sequence: an image, and every time step of a video by itself, stands at one time, and its rows and columns count from there.</summary>
    /// <param name="config">Pad ids and merge size.</param>
    /// <param name="inputIds">Token ids, every visual token as its pad id.</param>
    /// <param name="items">The images and videos in sequence order. Between the steps of a video stands text.</param>
    /// <exception cref="ArgumentException">The pad ids do not fit the items.</exception>
    public static PositionIds PositionsOf(Qwen3VLConfig config, ReadOnlySpan<int> inputIds, IReadOnlyList<VisualItem> items) => PositionIds.Compute(
        config.ImageTokenId, config.VideoTokenId, config.VisionConfig.SpatialMergeSize, inputIds,
        [.. items.SelectMany(item => Enumerable.Repeat(item with { Grid = item.Grid with { TimeSteps = 1 } }, item.Grid.TimeSteps))],
        (_, _) => 0);

    /// <summary>
    /// The prompt of token ids in which every visual token is its pad id, with positions for <paramref name="continuation"/> tokens after
    /// it.
    /// </summary>
    /// <exception cref="ArgumentException">The pad ids do not fit the items.</exception>
    public VideoPrompt CreatePrompt(int[] inputIds, IReadOnlyList<VisualItem> items, int continuation, IReadOnlyList<PromptStep>? droppableSteps = null)
    {
        var positions = PositionsOf(Config, inputIds, items).Extend(continuation);
        var visualRows = Enumerable.Range(0, inputIds.Length).Where(i => inputIds[i] == Config.VideoTokenId || inputIds[i] == Config.ImageTokenId);
        var rotary = RotaryTable.FromAngles(Kernels, positions.RotaryAngles(Config.TextConfig.RopeTheta, Config.MropeAxes()), positions.Length, Config.TextConfig.HeadDim / 2);
        return new VideoPrompt(inputIds, [.. visualRows], rotary) { DroppableSteps = droppableSteps ?? [] };
    }

    public void Dispose()
    {
        _weights.Dispose();
        _checkpoint.Dispose();
    }
}
