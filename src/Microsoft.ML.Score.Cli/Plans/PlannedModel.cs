using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Files;
using Score.Cli.Videos;

namespace Score.Cli.Plans;

/// <summary>A model that a dry run does not load: what config.json and the headers of its tensors say, and what would keep it from being loaded.</summary>
internal sealed class PlannedModel
{
    /// <param name="source">The model as the user named it.</param>
    /// <param name="options">How it would be loaded.</param>
    /// <exception cref="InsufficientMemoryException">It does not fit in the limit.</exception>
    /// <exception cref="InvalidDataException">It cannot be loaded as it is.</exception>
    public PlannedModel(string source, VideoModelOptions options)
    {
        (Source, Options, Description) = (source, options, VideoModel.Describe(source));
        var least = Description.Estimate(new TokenGrid(1, 1, 1), 1);
        if (least.Total > options.MemoryLimit)
            throw new InsufficientMemoryException($"The model '{source}' needs {ByteCount.Format(least.Total)} of memory at least; the limit is {ByteCount.Format(options.MemoryLimit)}.");
        if (Description.TokenizerFault() is { } fault)
            throw new InvalidDataException(fault);
        Info = new VideoModelInfo(source, Description.Fingerprint, Description.Dimension);
    }

    public string Source { get; }

    public VideoModelOptions Options { get; }

    public ModelDescription Description { get; }

    /// <summary>Which model it is; options of frames are not part of it here.</summary>
    public VideoModelInfo Info { get; }

    /// <summary>The tokens that a video would become: by the file's probe, or by a feature file's header.</summary>
    public TokenGrid GridOf(VideoReference video, CancellationToken cancellationToken) =>
        video.StoredGrid(EncoderIdentity.Of(Info) with { AnyProcessing = true }) ?? Description.GridOf(video.OpenClip(cancellationToken), Options);

    /// <summary>Reads a policy, so that one that is missing or of another model is refused now. Of a file's the options of frames are not compared; the shipped ones take the defaults alone.</summary>
    public PolicyNetwork ReadPolicy(string option, string? path) => path is null && Options.QwenVideo != new QwenVideoOptions()
        ? PolicyNetwork.Pretrained(Info with { EncoderFingerprint = $"{Info.Fingerprint}+frames" })
        : PolicySource.Load(option, path, Info, anyProcessing: true);
}
