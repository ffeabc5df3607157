using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>A Qwen2.5-VL checkpoint: vision tower and language model over token ids and patches. Safe for concurrent calls.</summary>
internal sealed class Qwen25VLModel : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly ModelWeights _weights;

    private Qwen25VLModel(Checkpoint checkpoint, Qwen25VLConfig config, IKernels kernels)
    {
        _checkpoint = checkpoint;
        _weights = new ModelWeights(checkpoint, config.Tensors(), kernels);
        Config = config;
        Kernels = kernels;
        Vision = new VisionTower(config.VisionConfig, _weights, kernels);
        LanguageModel = new Qwen2LanguageModel(config.TextConfig, _weights, kernels);
        Decoder = new KeptTokenDecoder(LanguageModel, kernels);
    }

    public Qwen25VLConfig Config { get; }

    public IKernels Kernels { get; }

    public VisionTower Vision { get; }

    public Qwen2LanguageModel LanguageModel { get; }

    public KeptTokenDecoder Decoder { get; }

    public string Fingerprint => _checkpoint.Fingerprint;

    /// <exception cref="InvalidDataException">A tensor is not what the configuration needs; the message names it.</exception>
    public static Qwen25VLModel Load(CheckpointFiles files, Qwen25VLConfig config, IKernels kernels)
    {
        var checkpoint = Checkpoint.Open(files);
        try
        {
            return new Qwen25VLModel(checkpoint, config, kernels);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Visual tokens [tokens, D] of one video, in natural order.</summary>
    /// <param name="steps">
    /// The patches of each time step, [grid.PatchesPerStep, PatchLength] in natural order; each is copied before the next is asked for.
    /// </param>
    /// <param name="grid">Their grid.</param>
    /// <param name="pooledAttention">Receives <see cref="MeanQueryAttention"/> of the last block, a value for each token; null to do without.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="ArgumentException">The tokens have more values than one array holds.</exception>
    public float[] Encode(IEnumerable<ReadOnlyMemory<float>> steps, PatchGrid grid, float[]? pooledAttention = null, CancellationToken cancellationToken = default)
    {
        var tokens = new float[LengthOf(grid)];
        var done = 0;
        EncodeParts(steps, grid, Take, pooledAttention, cancellationToken);
        return tokens;

        void Take(Tensor part)
        {
            Kernels.Download(part, tokens.AsSpan(done));
            done += part.Rows * part.Columns;
        }
    }

    /// <summary>The same on the device of the backend; the tensor is the caller's to dispose.</summary>
    public Tensor EncodeOnDevice(IEnumerable<ReadOnlyMemory<float>> steps, PatchGrid grid, float[]? pooledAttention, CancellationToken cancellationToken)
    {
        var columns = Config.VisionConfig.OutHiddenSize;
        var tokens = Kernels.Allocate(LengthOf(grid) / columns, columns);
        var done = 0;
        try
        {
            EncodeParts(steps, grid, Take, pooledAttention, cancellationToken);
            return tokens;
        }
        catch
        {
            tokens.Dispose();
            throw;
        }

        void Take(Tensor part)
        {
            Kernels.Scatter(part, [.. Enumerable.Range(done, part.Rows)], tokens);
            done += part.Rows;
        }
    }

    /// <summary>The visual tokens of a video, a part of its steps after the other; each is taken before the next is computed.</summary>
    private void EncodeParts(IEnumerable<ReadOnlyMemory<float>> steps, PatchGrid grid, Action<Tensor> take, float[]? pooledAttention, CancellationToken cancellationToken)
    {
        var vision = Config.VisionConfig;
        var done = 0;
        foreach (var (patches, part) in StepGroups.Upload(Kernels, steps, grid, vision.PatchLength))
            using (patches)
            {
                var layout = new VisionLayout(vision, [part]);
                var lastAttention = pooledAttention is null ? null : new LastAttention(Kernels, $"vision.block{vision.Depth - 1}");
                using var output = Vision.Encode(patches, layout, lastAttention is null ? null : lastAttention.Observe, cancellationToken);
                if (lastAttention is not null)
                {
                    var salience = MeanQueryAttention.Compute(lastAttention.Queries, lastAttention.Keys, part.TimeSteps, vision.HeadDim, grid.PatchesPerStep, vision.MergeUnit);
                    for (var i = 0; i < salience.Length; i++)
                        pooledAttention![done + layout.WindowIndex[i]] = salience[i];
                }

                take(output);
                done += output.Rows;
            }
    }

    private int LengthOf(PatchGrid grid) => StepGroups.VectorsLength(grid, Config.VisionConfig.MergeUnit, Config.VisionConfig.OutHiddenSize);

    /// <summary>Bytes of the tensors and patches that stand in memory at a time while a video of this grid is encoded, its visual tokens apart.</summary>
    public static long EncoderBytes(VisionConfig config, PatchGrid grid)
    {
        var patches = StepGroups.PatchesAtATime(grid);
        return VisionTower.WorkingBytes(config, patches) + sizeof(float) * (patches + grid.PatchesPerStep) * config.PatchLength;
    }

    /// <summary>
    /// The prompt of token ids in which every visual token is its pad id, with positions for <paramref name="continuation"/> tokens after
    /// it.
    /// </summary>
    /// <exception cref="ArgumentException">The pad ids do not fit the items.</exception>
    public VideoPrompt CreatePrompt(int[] inputIds, IReadOnlyList<VisualItem> items, int continuation)
    {
        var positions = PositionIds.Compute(Config, inputIds, items).Extend(continuation);
        var visualRows = Enumerable.Range(0, inputIds.Length).Where(i => inputIds[i] == Config.VideoTokenId || inputIds[i] == Config.ImageTokenId);
        var rotary = RotaryTable.FromAngles(Kernels, positions.RotaryAngles(Config), positions.Length, Config.TextConfig.HeadDim / 2);
        return new VideoPrompt(inputIds, [.. visualRows], rotary);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _checkpoint.Dispose();
    }
}
