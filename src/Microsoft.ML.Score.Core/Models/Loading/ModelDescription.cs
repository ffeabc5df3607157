using System.Diagnostics;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>A part of a model, its tensors counted.</summary>
/// <param name="Name">The part in words, such as "vision tower".</param>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Parameters">Elements of all of them.</param>
/// <param name="Bytes">What they take as they are stored.</param>
public sealed record ModelPart(string Name, int Tensors, long Parameters, long Bytes);

/// <summary>A checkpoint as config.json and the headers of its tensors describe it, by <see cref="VideoModel.Describe"/>; of the weights only the fingerprint's sample is read. Immutable.</summary>
public sealed class ModelDescription
{
    private readonly CheckpointFiles _files;
    private readonly IModelConfig _config;

    private ModelDescription(CheckpointFiles files, IModelConfig config, Checkpoint checkpoint)
    {
        _files = files;
        _config = config;
        Fingerprint = checkpoint.Fingerprint;
        var tensors = config.Tensors().Of(checkpoint.Contains);
        tensors.ThrowIfNotIn(checkpoint);
        Parts = [.. tensors.GroupBy(tensor => tensor.Part).Select(part => new ModelPart(
            part.Key, part.Count(), part.Sum(tensor => tensor.Count), part.Sum(tensor => checkpoint.Entry(tensor.Name).ByteLength)))];
        StoredTypes = [.. tensors.Select(tensor => checkpoint.Entry(tensor.Name).Type!.Value).Distinct().Order()];
        UnusedTensors = checkpoint.Names.Count(name => !tensors.Contains(name));
    }

    /// <summary>The architecture's name, for people.</summary>
    public string Architecture => _config.Architecture;

    /// <summary>As <see cref="Tokens.VideoModelInfo.Fingerprint"/> of the loaded model.</summary>
    public string Fingerprint { get; }

    /// <summary>As <see cref="Tokens.VideoModelInfo.Dimension"/> of the loaded model.</summary>
    public int Dimension => _config.TextConfig.HiddenSize;

    /// <summary>The parts, in the order of the forward pass.</summary>
    public IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>How the tensors are stored.</summary>
    public IReadOnlyList<TensorType> StoredTypes { get; }

    /// <summary>Tensors of the checkpoint that the model does not read.</summary>
    public int UnusedTensors { get; }

    /// <summary>Elements of the tensors that the model reads.</summary>
    public long Parameters => Parts.Sum(part => part.Parameters);

    /// <summary>Stored bytes of the tensors that the model reads.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    internal static ModelDescription Read(CheckpointFiles files, IModelConfig config)
    {
        using var checkpoint = Checkpoint.Open(files);
        return new ModelDescription(files, config, checkpoint);
    }

    /// <summary>Why the tokenizer would keep the model from being loaded; null where it would not.</summary>
    public string? TokenizerFault()
    {
        try
        {
            Tokenizer.Load(_files);
            return null;
        }
        catch (Exception fault) when (fault is FileNotFoundException or InvalidDataException)
        {
            return fault.Message;
        }
    }

    /// <summary>The tokens that a clip becomes; none of its frames is read.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="options">How the model would be loaded; null means the defaults. Of them only those of frames matter.</param>
    /// <exception cref="ArgumentException">The model does not take frames of the clip's size.</exception>
    /// <exception cref="FileNotFoundException">A file that says how frames are read is missing.</exception>
    /// <exception cref="InvalidDataException">Such a file is damaged.</exception>
    public TokenGrid GridOf(VideoClip clip, VideoModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        options ??= new VideoModelOptions();
        options.ThrowIfFaulty(nameof(options));

        return _config switch
        {
            Qwen25VLConfig qwen => qwen.GridOf(clip, _files, options.QwenVideo),
            Qwen3VLConfig qwen => qwen.GridOf(clip, _files, options.QwenVideo, options.Qwen3VL.FrameRules),
            LlavaVideoConfig llava => llava.GridOf(clip, options.LlavaVideo),
            _ => throw new UnreachableException(_config.Architecture),
        };
    }

    /// <summary>What answering a question about some kept tokens of a video takes.</summary>
    /// <param name="grid">The video's tokens.</param>
    /// <param name="keptTokens">How many of them reach the language model, from 1 to all.</param>
    /// <exception cref="ArgumentException">The grid is empty, or there are not so many tokens.</exception>
    public MemoryEstimate Estimate(TokenGrid grid, int keptTokens)
    {
        TokenGrid.ThrowIfEmpty(grid, nameof(grid));
        ArgumentOutOfRangeException.ThrowIfLessThan(keptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keptTokens, grid.Count);

        return MemoryEstimate.Of(_config, Bytes, grid, keptTokens);
    }

    /// <summary>Floating-point operations of the matrix products that encode a video.</summary>
    /// <param name="grid">The video's tokens.</param>
    /// <exception cref="ArgumentException">The grid is empty.</exception>
    public double EncodingFlops(TokenGrid grid)
    {
        TokenGrid.ThrowIfEmpty(grid, nameof(grid));

        return ForwardWork.Encoding(_config, grid);
    }

    /// <summary>Those of one pass of the language model over kept tokens and text.</summary>
    /// <param name="grid">The video's tokens.</param>
    /// <param name="keptTokens">How many of them reach the language model, from 0 to all.</param>
    /// <param name="textTokens">Tokens of text, the target's included.</param>
    /// <param name="outputs">The last tokens, whose logits are computed: 1 to answer, the target's to score it.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    public double PassFlops(TokenGrid grid, int keptTokens, int textTokens, int outputs)
    {
        ThrowIfNotAPass(grid, keptTokens, textTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, textTokens);

        return ForwardWork.Decoding(_config.TextConfig, 0, (double)_config.MostVideoRows(grid, keptTokens) + textTokens, outputs);
    }

    /// <summary>Those of the tokens of an answer after the first, which come one at a time.</summary>
    /// <param name="grid">The video's tokens.</param>
    /// <param name="keptTokens">How many of them reached the language model, from 0 to all.</param>
    /// <param name="textTokens">Tokens of text in the prompt.</param>
    /// <param name="answerTokens">Tokens of the answer, at least 1.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    public double GenerationFlops(TokenGrid grid, int keptTokens, int textTokens, int answerTokens)
    {
        ThrowIfNotAPass(grid, keptTokens, textTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(answerTokens, 1);

        return ForwardWork.Generation(_config.TextConfig, (double)_config.MostVideoRows(grid, keptTokens) + textTokens, answerTokens);
    }

    private static void ThrowIfNotAPass(TokenGrid grid, int keptTokens, int textTokens)
    {
        TokenGrid.ThrowIfEmpty(grid, nameof(grid));
        ArgumentOutOfRangeException.ThrowIfNegative(keptTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keptTokens, grid.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(textTokens, 1);
    }

    /// <summary>Checks that the weights and the work on a single token fit, before any of them is loaded.</summary>
    /// <param name="limit">Bytes.</param>
    /// <exception cref="InsufficientMemoryException">They do not; the message has the numbers.</exception>
    internal void ThrowIfBeyond(long limit)
    {
        var least = Estimate(new TokenGrid(1, 1, 1), 1);
        if (least.Total > limit)
            throw new InsufficientMemoryException(
                $"The model in {_files.Description} needs {ByteCount.Format(least.Total)} of memory at least, {ByteCount.Format(least.Weights)} "
                + $"for its weights and {ByteCount.Format(least.WorkingSet)} to work on a single visual token; the limit is {ByteCount.Format(limit)}. Weights are mapped from the files, so with a higher limit "
                + "the model loads all the same, but reads from the disk what does not stay in memory, for every token again.");
    }
}
