using Microsoft.ML.Score.Models.Qwen2;
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

    /// <summary>The tokens that a clip becomes under the default options; none of its frames is read.</summary>
    /// <param name="clip">The clip.</param>
    /// <exception cref="ArgumentException">The model does not take frames of the clip's size.</exception>
    /// <exception cref="FileNotFoundException">A file that says how frames are read is missing.</exception>
    /// <exception cref="InvalidDataException">Such a file is damaged.</exception>
    public TokenGrid GridOf(VideoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);

        return _config.GridOf(clip, _files);
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
