using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// The list of ways to compress a video's tokens. Pipelines, the program, tables and saved files know a method by its <see cref="Word"/>.
/// A method is added by an entry here, in its place among the others, and by the file of its compressor.
/// </summary>
/// <example>
/// <code>
/// ITokenCompressor compressor = CompressionMethod.VidCom2.Create();
/// KeptTokens kept = compressor.Compress(video, retentionRatio: 0.25);
/// </code>
/// </example>
[JsonConverter(typeof(WordConverter))]
public sealed class CompressionMethod
{
    private readonly Func<CompressionOptions, ITokenCompressor> _create;

    private CompressionMethod(string word, string name, CompressionNeeds needs, Func<CompressionOptions, ITokenCompressor> create, bool merges = false)
    {
        Word = word;
        Name = name;
        Needs = needs;
        Merges = merges;
        _create = create;
    }

    /// <summary>SCORE with a trained policy.</summary>
    public static CompressionMethod Score { get; } = new("score", "SCORE", CompressionNeeds.Policy, options => new ScoreCompressor(options.Policy!));

    /// <summary>A control: SCORE with a policy as it is initialised from the seed, at the model's dimension.</summary>
    public static CompressionMethod Untrained { get; } = new(
        "untrained", "untrained policy", CompressionNeeds.Seed | CompressionNeeds.Model,
        options => new ScoreCompressor(PolicyNetwork.Initialize(options.Model!.Info.Dimension, seed: unchecked((int)options.Seed)), name: Untrained!.Name));

    /// <summary>The plainest control: any k tokens, from the seed and the video's content.</summary>
    public static CompressionMethod Random { get; } = new("random", "random", CompressionNeeds.Seed, options => new RandomCompressor(options.Seed));

    /// <summary>A control: a random token of each of k equal stretches, from the seed and the video's content.</summary>
    public static CompressionMethod Jittered { get; } = new("jittered", "jittered uniform", CompressionNeeds.Seed, options => new JitteredUniformCompressor(options.Seed));

    /// <summary>A control: k tokens at equal distances, the middle one of each of k equal stretches.</summary>
    public static CompressionMethod Uniform { get; } = new("uniform", "uniform", CompressionNeeds.None, _ => new UniformCompressor());

    /// <summary>A control: the k tokens that change most from the step before.</summary>
    public static CompressionMethod Residual { get; } = new("residual", "largest residual", CompressionNeeds.None, _ => new LargestResidualCompressor());

    /// <summary>Efficient Video Sampling, at exactly k tokens.</summary>
    public static CompressionMethod Evs { get; } = new("evs", "EVS", CompressionNeeds.None, _ => new EvsCompressor());

    /// <summary>Efficient Video Sampling at vLLM's count: the first step is kept whole at any ratio.</summary>
    public static CompressionMethod EvsVllm { get; } = new("evs-vllm", "EVS (vLLM)", CompressionNeeds.None, _ => new EvsCompressor(vllmCount: true));

    /// <summary>A control: whole time steps at equal distances.</summary>
    public static CompressionMethod FrameDrop { get; } = new("frame-drop", "frame drop", CompressionNeeds.None, _ => new FrameDropCompressor());

    /// <summary>DyCoke as its paper counts: no less than 25% is kept.</summary>
    public static CompressionMethod DyCoke { get; } = new("dycoke", "DyCoke", CompressionNeeds.None, _ => new DyCokeCompressor(DyCokeVariant.PaperBound));

    /// <summary>DyCoke as its official code runs.</summary>
    public static CompressionMethod DyCokeOfficial { get; } = new("dycoke-official", "DyCoke (official)", CompressionNeeds.None, _ => new DyCokeCompressor(DyCokeVariant.Official));

    /// <summary>DyCoke as ported to Qwen models in VidCom2's repository.</summary>
    public static CompressionMethod DyCokePort { get; } = new("dycoke-port", "DyCoke (VidCom2 port)", CompressionNeeds.None, _ => new DyCokeCompressor(DyCokeVariant.VidCom2Port));

    /// <summary>VidCom2 as its official code runs.</summary>
    public static CompressionMethod VidCom2 { get; } = new("vidcom2", "VidCom2", CompressionNeeds.None, _ => new VidCom2Compressor());

    /// <summary>VidCom2 at vLLM's count: exact, a token a step on average at least.</summary>
    public static CompressionMethod VidCom2Vllm { get; } = new("vidcom2-vllm", "VidCom2 (vLLM)", CompressionNeeds.None, _ => new VidCom2Compressor(vllmCount: true));

    /// <summary>HoliTom, its stage before the language model.</summary>
    public static CompressionMethod HoliTom { get; } = new(
        "holitom", "HoliTom", CompressionNeeds.ReceivedAttention, _ => new HoliTomCompressor(HoliTomVariant.Outer), merges: true);

    /// <summary>HoliTom as ported to Qwen models in VidCom2's repository.</summary>
    public static CompressionMethod HoliTomPort { get; } = new(
        "holitom-port", "HoliTom (VidCom2 port)", CompressionNeeds.None, _ => new HoliTomCompressor(HoliTomVariant.VidCom2Port), merges: true);

    /// <summary>
    /// FastVID as its official code runs on Qwen2.5-VL; with <see cref="CompressionOptions.Model"/> in the form for that model, which for
    /// LLaVA-Video is <see cref="FastVidLlavaVideo"/>.
    /// </summary>
    public static CompressionMethod FastVid { get; } = new(
        "fastvid", "FastVID", CompressionNeeds.PooledAttention,
        // The models that take frames of any size are those of Qwen.
        options => new FastVidCompressor(options.Model is null or IScalableVideoModel ? FastVidVariant.Qwen25VL : FastVidVariant.LlavaVideo), merges: true);

    /// <summary>FastVID as its official code runs on LLaVA-Video.</summary>
    public static CompressionMethod FastVidLlavaVideo { get; } = new(
        "fastvid-llava-video", "FastVID (LLaVA-Video)", CompressionNeeds.PooledAttention, _ => new FastVidCompressor(FastVidVariant.LlavaVideo), merges: true);

    /// <summary>FastVID as its official code runs on LLaVA-OneVision.</summary>
    public static CompressionMethod FastVidOneVision { get; } = new(
        "fastvid-onevision", "FastVID (LLaVA-OneVision)", CompressionNeeds.PooledAttention, _ => new FastVidCompressor(FastVidVariant.LlavaOneVision), merges: true);

    /// <summary>FastVID as ported to Qwen models in VidCom2's repository.</summary>
    public static CompressionMethod FastVidPort { get; } = new(
        "fastvid-port", "FastVID (VidCom2 port)", CompressionNeeds.None, _ => new FastVidCompressor(FastVidVariant.VidCom2Port), merges: true);

    /// <summary>Every method, in the order of messages and tables.</summary>
    public static IReadOnlyList<CompressionMethod> All { get; } =
    [
        Score, Untrained, Random, Jittered, Uniform, Residual, Evs, EvsVllm, FrameDrop, DyCoke, DyCokeOfficial, DyCokePort, VidCom2, VidCom2Vllm,
        HoliTom, HoliTomPort, FastVid, FastVidLlavaVideo, FastVidOneVision, FastVidPort,
    ];

    /// <summary>What the command line and saved files call it, for example "dycoke-official".</summary>
    public string Word { get; }

    /// <summary>What tables and reports call it, for example "DyCoke (official)".</summary>
    public string Name { get; }

    /// <summary>What it must be given beside the vectors.</summary>
    public CompressionNeeds Needs { get; }

    /// <summary>Whether it brings vectors of its own. The others keep tokens as they are, so that a mask says all they do.</summary>
    public bool Merges { get; }

    /// <summary>Whether it chooses by what the encoder attends to, which <see cref="VideoTokens.Statistics"/> must then hold.</summary>
    public bool NeedsEncoderAttention => (Needs & (CompressionNeeds.ReceivedAttention | CompressionNeeds.PooledAttention)) != 0;

    /// <summary>The method of a word, in upper or lower case; null where there is none.</summary>
    /// <param name="word">As <see cref="Word"/>.</param>
    public static CompressionMethod? Find(string word)
    {
        ArgumentNullException.ThrowIfNull(word);

        return All.FirstOrDefault(method => method.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Makes the compressor.</summary>
    /// <param name="options">What the method <see cref="Needs"/>; null where that is nothing, or the seed 1 will do.</param>
    /// <exception cref="ArgumentException">The method needs a policy or a model that the options do not have.</exception>
    public ITokenCompressor Create(CompressionOptions? options = null)
    {
        options ??= new CompressionOptions();
        if (Needs.HasFlag(CompressionNeeds.Policy) && options.Policy is null)
            throw new ArgumentException($"{Name} needs a policy, got none: set {nameof(CompressionOptions)}.{nameof(CompressionOptions.Policy)}.", nameof(options));
        if (Needs.HasFlag(CompressionNeeds.Model) && options.Model is null)
            throw new ArgumentException($"{Name} needs the frozen model, got none: set {nameof(CompressionOptions)}.{nameof(CompressionOptions.Model)}.", nameof(options));

        return _create(options);
    }

    /// <summary>The word.</summary>
    public override string ToString() => Word;

    /// <summary>A method in JSON is its word.</summary>
    private sealed class WordConverter : JsonConverter<CompressionMethod>
    {
        public override CompressionMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.GetString() is var word && Find(word!) is { } method
                ? method
                : throw new JsonException($"Expected the word of a compression method ({string.Join(", ", All)}).");

        public override void Write(Utf8JsonWriter writer, CompressionMethod value, JsonSerializerOptions options) => writer.WriteStringValue(value.Word);
    }
}

/// <summary>What a compression method must be given beside the vectors of the tokens.</summary>
[Flags]
public enum CompressionNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It draws at random from <see cref="CompressionOptions.Seed"/>.</summary>
    Seed = 1,

    /// <summary><see cref="CompressionOptions.Policy"/>.</summary>
    Policy = 2,

    /// <summary><see cref="CompressionOptions.Model"/>.</summary>
    Model = 4,

    /// <summary><see cref="EncoderStatistics.ReceivedAttention"/>, or where the encoder has none <see cref="EncoderStatistics.PooledAttention"/>.</summary>
    ReceivedAttention = 8,

    /// <summary><see cref="EncoderStatistics.PooledAttention"/>.</summary>
    PooledAttention = 16,
}

/// <summary>What compressors are made with.</summary>
public sealed class CompressionOptions
{
    /// <summary>The trained policy of <see cref="CompressionMethod.Score"/>. Default null.</summary>
    public PolicyNetwork? Policy { get; init; }

    /// <summary>Another seed gives another choice of the methods that draw at random; an untrained policy takes its lowest 32 bits. Default 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The frozen model whose tokens are compressed; not kept. Default null: not known.</summary>
    public IVideoLanguageModel? Model { get; init; }
}
