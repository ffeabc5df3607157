using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>The list of methods against the compressors and against the page of the documentation that lists them.</summary>
[TestFixture]
public sealed partial class CompressionMethodTests
{
    private const int Dimension = 64; // of the embedded model

    private static readonly PolicyNetwork s_policy = PolicyNetwork.Initialize(Dimension, 8, seed: 3);

    // What each word stands for, written down a second time: an entry of the list without a case here fails.
    private static readonly Dictionary<string, ITokenCompressor> s_expected = new()
    {
        ["score"] = new ScoreCompressor(s_policy),
        ["untrained"] = new ScoreCompressor(PolicyNetwork.Initialize(Dimension, seed: 7), name: "untrained policy"),
        ["random"] = new RandomCompressor(7),
        ["jittered"] = new JitteredUniformCompressor(7),
        ["uniform"] = new UniformCompressor(),
        ["residual"] = new LargestResidualCompressor(),
        ["evs"] = new EvsCompressor(),
        ["evs-vllm"] = new EvsCompressor(vllmCount: true),
        ["frame-drop"] = new FrameDropCompressor(),
        ["dycoke"] = new DyCokeCompressor(DyCokeVariant.PaperBound),
        ["dycoke-official"] = new DyCokeCompressor(DyCokeVariant.Official),
        ["dycoke-port"] = new DyCokeCompressor(DyCokeVariant.VidCom2Port),
        ["vidcom2"] = new VidCom2Compressor(),
        ["vidcom2-vllm"] = new VidCom2Compressor(vllmCount: true),
        ["holitom"] = new HoliTomCompressor(HoliTomVariant.Outer),
        ["holitom-port"] = new HoliTomCompressor(HoliTomVariant.VidCom2Port),
        ["fastvid"] = new FastVidCompressor(FastVidVariant.Qwen25VL),
        ["fastvid-llava-video"] = new FastVidCompressor(FastVidVariant.LlavaVideo),
        ["fastvid-onevision"] = new FastVidCompressor(FastVidVariant.LlavaOneVision),
        ["fastvid-port"] = new FastVidCompressor(FastVidVariant.VidCom2Port),
    };

    private IVideoLanguageModel _model = null!;

    [OneTimeSetUp]
    public void LoadModel() => _model = VideoModel.Load("tiny");

    [OneTimeTearDown]
    public void ReleaseModel() => _model.Dispose();

    [Test]
    public void All_Words_AreThoseOfTheCases() => Assert.That(CompressionMethod.All.Select(method => method.Word), Is.EqualTo(s_expected.Keys));

    [Test]
    public void Create_EveryMethod_KeepsWhatItsCompressorKeepsUnderItsName([ValueSource(typeof(CompressionMethod), nameof(CompressionMethod.All))] CompressionMethod method)
    {
        var (video, expected) = (Video(), s_expected[method.Word]);
        var compressor = method.Create(new CompressionOptions { Policy = s_policy, Seed = 7, Model = _model });

        var (kept, wanted) = (compressor.Compress(video, 0.3), expected.Compress(video, 0.3));

        Assert.That((compressor.Name, method.Name), Is.EqualTo((expected.Name, expected.Name)));
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(wanted.Positions.ToArray()));
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(wanted.Vectors.ToArray()));
        Assert.That(method.Merges || kept.Vectors.Span.SequenceEqual(KeptTokens.Gather(video, kept.Positions).Vectors.Span), "only a merger brings vectors of its own");
    }

    [Test]
    public void Create_EveryMethodWithoutWhatItNeeds_SaysWhat([ValueSource(typeof(CompressionMethod), nameof(CompressionMethod.All))] CompressionMethod method)
    {
        var bare = new VideoTokens(Video().Grid, Dimension, Video().Vectors);
        var needs = method.Needs.HasFlag(CompressionNeeds.Policy) ? "CompressionOptions.Policy"
            : method.Needs.HasFlag(CompressionNeeds.Model) ? "CompressionOptions.Model"
            : method.NeedsEncoderAttention ? "EncoderStatistics" : null;

        if (needs is null)
            Assert.That(method.Create().Compress(bare, 0.3).Count, Is.InRange(1, bare.Grid.Count));
        else
            Assert.That(() => method.Create().Compress(bare, 0.3), Throws.ArgumentException.With.Message.Contains(needs));
    }

    [Test]
    public void Create_FastVidForAModelOfOneFrameSize_IsLlavaVideos() =>
        Assert.That(CompressionMethod.FastVid.Create(new CompressionOptions { Model = new OneFrameSize(_model.Info) }).Name, Is.EqualTo("FastVID (LLaVA-Video)"));

    [Test]
    public void WordsAndNames_AllMethods_Differ()
    {
        Assert.That(CompressionMethod.All.Select(method => method.Word), Is.Unique);
        Assert.That(CompressionMethod.All.Select(method => method.Name), Is.Unique);
    }

    [TestCase("DyCoke-Official", "dycoke-official")]
    [TestCase("magic", null)]
    [TestCase("", null)]
    public void Find_Word_GivesItsMethod(string word, string? expected) => Assert.That(CompressionMethod.Find(word)?.Word, Is.EqualTo(expected));

    [Test]
    public void Json_Method_IsItsWord()
    {
        Assert.That(JsonSerializer.Serialize(CompressionMethod.DyCokePort), Is.EqualTo("\"dycoke-port\""));
        Assert.That(JsonSerializer.Deserialize<CompressionMethod>("\"dycoke-port\""), Is.SameAs(CompressionMethod.DyCokePort));
        foreach (var bad in new[] { "\"magic\"", "3" })
            Assert.That(() => JsonSerializer.Deserialize<CompressionMethod>(bad), Throws.InstanceOf<JsonException>().With.Message.Contains("dycoke-port"));
    }

    /// <summary>docs/compressors.md has a row for each method in the list's order: word, name, pruner or merger, and what it needs.</summary>
    [Test]
    public void DocumentedTable_EveryMethod_IsAsTheListSays()
    {
        var page = File.ReadAllLines(Path.Combine(RepositoryFolder.Root, "docs", "compressors.md"));

        var rows = page.Select(line => Row().Match(line)).Where(match => match.Success).Select(match => match.Value);

        Assert.That(rows, Is.EqualTo(CompressionMethod.All.Select(method => $"| `{method.Word}` | {method.Name} | {(method.Merges ? "merger" : "pruner")} | {Needs(method)} |")));
    }

    private static string Needs(CompressionMethod method) => method.Needs switch
    {
        CompressionNeeds.None => "vectors",
        CompressionNeeds.ReceivedAttention => "received attention",
        CompressionNeeds.PooledAttention => "pooled attention",
        var needs => needs.ToString().ToLowerInvariant(),
    };

    private static VideoTokens Video()
    {
        var random = new Random(5);
        var grid = new TokenGrid(9, 4, 5);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
        var vectors = Values(grid.Count * Dimension);
        var step = grid.TokensPerStep * Dimension;
        for (var i = step; i < vectors.Length; i++)
            if (i / Dimension % 3 > 0)
                vectors[i] = vectors[i - step] + 0.05f * vectors[i]; // some places nearly stand still
        return new VideoTokens(grid, Dimension, vectors) { Statistics = new EncoderStatistics { ReceivedAttention = Values(grid.Count), PooledAttention = Values(grid.Count) } };
    }

    [GeneratedRegex(@"^\| `[a-z0-9-]+` \| [^|]+ \| (pruner|merger) \| [^|]+ \|")]
    private static partial Regex Row();

    /// <summary>A model that takes frames of one size, as LLaVA-Video does; nothing asks it for more than who it is.</summary>
    private sealed class OneFrameSize(VideoModelInfo info) : IVideoLanguageModel
    {
        public VideoModelInfo Info => info;

        public VideoTokens Encode(Video.VideoClip clip, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public string Generate(KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
