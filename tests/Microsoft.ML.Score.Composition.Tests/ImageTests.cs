using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Composition;

[TestFixture]
internal sealed class ImageTests
{
    private const int Side = 4;

    private readonly MLContext _context = new(1);

    [Test]
    public void EncodeVideo_PixelsOfAnImage_AreOneFrameInRgbOrder()
    {
        using var folder = new TemporaryFolder();
        var images = Images(folder);
        var pipeline = Pixels(folder, interleaved: true).Append(_context.Transforms.EncodeVideo("Features", "Pixels", new FakeVideoModel()));
        var encoded = pipeline.Fit(images).Transform(images);

        Assert.That(encoded.Schema["Pixels"].Type.ToString(), Is.EqualTo("Vector<Byte, 4, 4, 3>"));
        Assert.That(Rows.Vectors<float>(encoded, "Grid"), Is.EqualTo(new float[][] { [1, 1, Side, 0.5f], [1, 1, Side, 0.5f] }));
        var firstValues = Rows.Vectors<float>(encoded, "Features").Select(features => features.Where((_, i) => i % FakeVideoModel.D == 0));
        Assert.That(firstValues, Is.EqualTo(new float[][] { [1, 1, 1, 1], [0, 0, 0, 0] }), "the fake model's tokens start with the first colour of each pixel");
    }

    [Test]
    public void EncodeVideo_PixelsInPlanes_IsRefusedWithTheSettingThatHelps()
    {
        using var folder = new TemporaryFolder();
        var images = Images(folder);

        Assert.That(
            () => Pixels(folder, interleaved: false).Append(_context.Transforms.EncodeVideo("Features", "Pixels", new FakeVideoModel())).Fit(images),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("Vector<Byte, 3, 4, 4>").And.Message.Contains("interleavePixelColors: true"));
    }

    [Test]
    public void Pipeline_ImagesThroughEmbeddedModel_ReloadsWithTheSameFeatures()
    {
        using var folder = new TemporaryFolder();
        using var model = VideoModel.Load("tiny");
        var images = Images(folder);
        var pipeline = _context.Transforms.LoadImages("Image", folder.Path, "Name")
            .Append(_context.Transforms.ResizeImages("Image", 56, 56))
            .Append(_context.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true, outputAsFloatArray: false))
            .Append(_context.Transforms.EncodeVideo("Features", "Pixels", model))
            .Append(_context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.5 }))
            .Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled" }));
        var fitted = pipeline.Fit(images);
        var expected = Rows.Vectors<float>(fitted.Transform(images), "Pooled");

        Assert.That(expected.Select(pooled => pooled.Length), Is.All.EqualTo(model.Info.Dimension));
        Assert.That(expected[0], Is.Not.EqualTo(expected[1]), "red and blue");
        foreach (var (how, loaded) in Rows.Reloaded(_context, fitted, images.Schema, new ScoreLoadOptions { Model = model }))
            Assert.That(Rows.Vectors<float>(loaded.Transform(images), "Pooled"), Is.EqualTo(expected), how);
    }

    [Test]
    public void ApplyScorePolicy_ImagesThroughOnnxModel_ScoresItsMeans()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("pooling.onnx"), OnnxModel.AveragePooling(3, Side, 2));
        var images = Images(folder);
        var pipeline = _context.Transforms.LoadImages("Image", folder.Path, "Name")
            .Append(_context.Transforms.ResizeImages("Image", Side, Side))
            .Append(_context.Transforms.ExtractPixels("data", "Image"))
            .Append(_context.Transforms.ApplyOnnxModel("map", "data", folder.File("pooling.onnx")))
            .Append(_context.Transforms.ApplyScorePolicy("Mask", "map", PolicyNetwork.Initialize(3, 4, seed: 1), new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst, RetentionRatio = 1 }))
            .Append(_context.Transforms.GatherTokens("Kept", "map", "Mask", new GatherTokensOptions { FeatureOrder = FeatureOrder.ChannelsFirst }));
        var kept = pipeline.Fit(images).Transform(images);

        Assert.That(Rows.Vectors<float>(kept, "Kept"), Is.EqualTo(new float[][] { [255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0], [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255] }));
    }

    private IEstimator<ITransformer> Pixels(TemporaryFolder folder, bool interleaved) => _context.Transforms.LoadImages("Image", folder.Path, "Name")
        .Append(_context.Transforms.ResizeImages("Image", Side, Side))
        .Append(_context.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: interleaved, outputAsFloatArray: false));

    /// <summary>A red picture and a blue one.</summary>
    private IDataView Images(TemporaryFolder folder)
    {
        Save("red.png", 255, 0, 0);
        Save("blue.png", 0, 0, 255);
        return _context.Data.LoadFromEnumerable([new ImageRow { Name = "red.png" }, new ImageRow { Name = "blue.png" }]);

        void Save(string name, byte red, byte green, byte blue)
        {
            byte[] pixels = [.. Enumerable.Repeat<byte[]>([red, green, blue, 255], Side * Side).SelectMany(pixel => pixel)];
            using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
            image.Save(folder.File(name));
        }
    }

    private sealed class ImageRow
    {
        public string Name { get; set; } = "";
    }
}
