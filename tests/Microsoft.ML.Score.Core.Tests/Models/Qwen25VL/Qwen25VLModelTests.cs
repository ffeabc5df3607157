using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
internal sealed class Qwen25VLModelTests
{
    [Test]
    public void Encode_MoreValuesThanAnArrayHolds_ThrowsWithGridAndLimit()
    {
        using var checkpoint = new RandomCheckpoint();
        var files = CheckpointFiles.FromFolder(checkpoint.Folder);
        using var model = Qwen25VLModel.Load(files, (Qwen25VLConfig)VideoModel.ReadConfig(files), new SimdKernels());

        Assert.That(
            () => model.Encode([], new PatchGrid(200_000, 48, 48)),
            Throws.ArgumentException.With.Message.Contains("200000x48x48").And.Message.Contains($"{Array.MaxLength}"));
    }
}
