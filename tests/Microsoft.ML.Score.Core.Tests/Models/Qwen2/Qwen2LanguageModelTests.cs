using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
internal sealed class Qwen2LanguageModelTests
{
    [Test]
    public void Forward_ChunksOfAFewRows_GivesTheBitsOfOneChunk([Values(1L, 20_000L)] long chunkBytes)
    {
        using var folder = new RandomCheckpoint();
        var files = CheckpointFiles.FromFolder(folder.Folder);
        var config = Qwen25VLConfig.Read(ConfigSection.Parse(files.ReadAllBytes("config.json"), "config.json"));
        var kernels = new SimdKernels();
        using var checkpoint = Checkpoint.Open(files);
        using var weights = new ModelWeights(checkpoint, config.Tensors(), kernels);
        var whole = new Qwen2LanguageModel(config.TextConfig, weights, kernels);
        var chunked = new Qwen2LanguageModel(config.TextConfig, weights, kernels) { ChunkBytes = chunkBytes };

        // Two sets of tokens behind one prefix, the last two rows of each returned; then all rows of one sequence behind a cache.
        var packed = new PackedBatch(
            [AttentionSegment.Self(0, 5), new(5, 20, 5, 20, 0, 5), new(25, 12, 25, 12, 0, 5)], [23, 24, 35, 36], [new(0, 2, 5, 20, 0, 5), new(2, 2, 25, 12, 0, 5)]);
        Assert.That(Forward(chunked, packed, 37), Is.EqualTo(Forward(whole, packed, 37)));
        Assert.That(ForwardTwice(chunked), Is.EqualTo(ForwardTwice(whole)));

        float[] Forward(Qwen2LanguageModel language, PackedBatch batch, int rows, KeyValueCache? cache = null)
        {
            using var embeddings = language.Embed([.. Enumerable.Range(0, rows).Select(i => i * 7 % 256)]);
            using var rotary = RotaryTable.Sequential(kernels, 10000, language.Config.HeadDim, rows);
            using var hidden = language.Forward(embeddings, rotary, batch, cache);
            var values = new float[hidden.Rows * hidden.Columns];
            kernels.Download(hidden, values);
            return values;
        }

        float[] ForwardTwice(Qwen2LanguageModel language)
        {
            using var cache = new KeyValueCache(kernels, language.Config, 60);
            return [.. Forward(language, PackedBatch.Single(33), 33, cache), .. Forward(language, PackedBatch.Single(9, cached: 33), 9, cache)];
        }
    }
}
