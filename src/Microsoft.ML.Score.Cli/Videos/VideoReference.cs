using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;
using Score.Cli.Usage;

namespace Score.Cli.Videos;

/// <summary>
/// A video as the command line names it: a file that FFmpeg reads, a feature file (.safetensors) of tokens encoded before, or a clip of
/// the synthetic world ("synthetic:test-short-0", "synthetic:policytraining-image-7").
/// </summary>
internal sealed class VideoReference
{
    private const string SyntheticPrefix = "synthetic:";

    private readonly VideoReadOptions _readOptions;
    private readonly Func<SyntheticClip>? _synthetic;
    private readonly bool _isSyntheticImage;

    /// <param name="text">As given.</param>
    /// <param name="readOptions">How a video file is read.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is a folder.</exception>
    /// <exception cref="FormatException">The synthetic clip's name is not one.</exception>
    public VideoReference(string text, VideoReadOptions readOptions)
    {
        Text = text;
        _readOptions = readOptions;
        if (text.StartsWith(SyntheticPrefix, StringComparison.Ordinal))
            (_synthetic, _isSyntheticImage) = (Synthetic(text) ?? throw new FormatException(FaultOf(text)), text.Split('-') is [_, "image", _]);
        else if (Directory.Exists(text))
            throw new InvalidDataException($"'{text}' is a folder; expected a video file.");
        else if (!File.Exists(text))
            throw new FileNotFoundException($"There is no video file '{text}'.", text);
    }

    /// <summary>A clip of the synthetic world by its <see cref="SyntheticClip.Id"/>.</summary>
    public static VideoReference ToSynthetic(string id) => new(SyntheticPrefix + id, new VideoReadOptions());

    /// <summary>As given.</summary>
    public string Text { get; }

    public bool IsSynthetic => _synthetic is not null;

    public bool IsFeatureFile => !IsSynthetic && Path.GetExtension(Text).Equals(".safetensors", StringComparison.OrdinalIgnoreCase);

    /// <summary>A name for files about the video.</summary>
    public string FileName => FileNameOf(Text);

    /// <summary>A name for files about a video that need not be there.</summary>
    public static string FileNameOf(string text) => text.StartsWith(SyntheticPrefix, StringComparison.Ordinal) ? text[SyntheticPrefix.Length..] : Path.GetFileName(text);

    /// <summary>The caption that a synthetic clip comes with.</summary>
    public string SyntheticCaption => _synthetic!().Caption;

    /// <summary>Whether it is a still image, as far as that is known without decoding: a feature file by its grid, another file by its signature.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public bool IsStill
    {
        get
        {
            if (IsSynthetic)
                return _isSyntheticImage;
            if (!IsFeatureFile)
                return VideoFile.IsStillImage(Text, _readOptions);
            using var file = FeatureFile.Open(Text);
            return file.Grid.TimeSteps == 1;
        }
    }

    /// <summary>What tells the video from others in a cache.</summary>
    public byte[] Key()
    {
        if (!IsSynthetic)
            return FeatureCache.KeyOfFile(Text);
        var clip = _synthetic!().Clip;
        return FeatureCache.KeyOfFrames(clip.ReadAllFrames(), clip.Height, clip.Width, clip.FramesPerSecond);
    }

    /// <summary>The grid of the video's tokens where it is known without encoding it.</summary>
    public TokenGrid? FindGrid(IVideoLanguageModel model, FeatureCache? cache)
    {
        if (!IsFeatureFile)
            return cache?.FindGrid(Key());
        using var file = OpenFeatures(model);
        return file.Grid;
    }

    /// <summary>The grid that a feature file holds; null for a video, which has none yet.</summary>
    /// <param name="taker">Whom its tokens are for.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or holds features of another model.</exception>
    public TokenGrid? StoredGrid(EncoderIdentity taker)
    {
        if (!IsFeatureFile)
            return null;
        using var file = OpenFeatures(taker);
        return file.Grid;
    }

    /// <summary>The video's frames.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no video, or holds tokens instead of frames.</exception>
    public VideoClip OpenClip(CancellationToken cancellationToken) => IsFeatureFile
        ? throw new InvalidDataException($"The feature file '{Text}' holds tokens; expected a video.")
        : _synthetic?.Invoke().Clip ?? VideoFile.Open(Text, _readOptions, cancellationToken);

    /// <summary>The video's tokens: encoded now, or read from the feature file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no video, or holds features of another model.</exception>
    public VideoTokens Encode(IVideoLanguageModel model, CancellationToken cancellationToken)
    {
        if (!IsFeatureFile)
            return model.Encode(OpenClip(cancellationToken), cancellationToken);

        using var file = OpenFeatures(model);
        return file.ToVideoTokens();
    }

    /// <summary>The tokens of a feature file that a policy keeps; only those are copied to memory.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Encode"/>'s.</exception>
    public KeptTokens CompressFeatures(ScoreCompressor compressor, double retentionRatio, IVideoLanguageModel model)
    {
        OpenFeatures(model).Dispose();
        return compressor.Compress(Text, retentionRatio);
    }

    /// <summary>The header says whether the features fit, so that those of another model are refused before they are read.</summary>
    private MappedTokens OpenFeatures(IVideoLanguageModel model) => OpenFeatures(EncoderIdentity.Of(model.Info));

    private MappedTokens OpenFeatures(EncoderIdentity taker)
    {
        var file = FeatureFile.Open(Text);
        if (taker.Refuses(file.Dimension, file.EncoderFingerprint, $"the feature file '{Text}'") is not { } unfit)
            return file;
        file.Dispose();
        throw new InvalidDataException(unfit);
    }

    /// <summary>Why a text that begins like the name of a synthetic clip is none; null for all else.</summary>
    public static string? FaultOf(string text) => !text.StartsWith(SyntheticPrefix, StringComparison.Ordinal) || Synthetic(text) is not null ? null
        : $"'{text}' names no synthetic clip; expected {SyntheticPrefix}SPLIT-LENGTH-INDEX such as {SyntheticPrefix}test-short-0 " +
            $"(splits {EnumWord.All<SyntheticSplit>()}; lengths image, {EnumWord.All<VideoLength>()}).";

    private static Func<SyntheticClip>? Synthetic(string text)
    {
        var parts = text[SyntheticPrefix.Length..].Split('-');
        if (parts.Length != 3 || EnumWord.Parse<SyntheticSplit>(parts[0]) is not { } split || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        if (parts[1] == "image")
            return () => SyntheticWorld.GenerateImage(split, index);
        return EnumWord.Parse<VideoLength>(parts[1]) is { } length ? () => SyntheticWorld.Generate(split, length, index) : null;
    }
}
