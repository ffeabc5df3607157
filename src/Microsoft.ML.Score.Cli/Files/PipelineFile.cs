using System.IO.Compression;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Score.Cli.Output;

namespace Score.Cli.Files;

/// <summary>A policy as an ML.NET model (zip): from a text column <c>Path</c> of video files to <c>Features</c>, <c>Grid</c> and <c>Mask</c>.</summary>
internal static class PipelineFile
{
    /// <summary>What such a file's name ends in.</summary>
    public const string Extension = ".zip";

    /// <summary>Whether a file, by its name, is a pipeline rather than a policy.</summary>
    public static bool HasItsName(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a file that appears whole or not at all.</summary>
    /// <param name="path">The zip.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="model">The model whose encoder the pipeline uses; the zip holds its source and fingerprint, not its weights.</param>
    /// <param name="retentionRatio">rho of the mask.</param>
    public static void Save(string path, PolicyNetwork policy, IVideoLanguageModel model, double retentionRatio)
    {
        var context = new MLContext();
        var rows = context.Data.LoadFromEnumerable(Array.Empty<VideoRow>());
        var pipeline = context.Transforms.EncodeVideo("Features", nameof(VideoRow.Path), model)
            .Append(context.Transforms.ApplyScorePolicy("Mask", "Features", policy, new ScorePolicyOptions { RetentionRatio = retentionRatio }))
            .Fit(rows);
        AtomicFile.Write(path, stream => context.Model.Save(pipeline, rows.Schema, stream));
    }

    /// <summary>Whether a file is such a model.</summary>
    /// <exception cref="InvalidDataException">It is no zip.</exception>
    public static bool IsOne(string path)
    {
        using (var zip = ZipFile.OpenRead(path))
            if (zip.GetEntry("Schema") is null || zip.GetEntry("TransformerChain/Model.key") is null)
                return false;
        try
        {
            var pipeline = new MLContext().Model.Load(path, out var columns);
            var outputs = pipeline.GetOutputSchema(columns).Select(column => column.Name).ToHashSet();
            return columns.Select(column => column.Name).SequenceEqual([nameof(VideoRow.Path)]) && outputs.IsSupersetOf(["Features", "Grid", "Mask"]);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or ArgumentException or TargetInvocationException)
        {
            return false; // a pipeline of others, with transformers that are not known here
        }
    }

    /// <summary>The policy of a pipeline, of <c>score train</c> or another program; no frozen model is loaded.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no pipeline, damaged, or without a policy.</exception>
    public static PolicyNetwork ReadPolicy(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'; expected a policy or a pipeline.", path);
        if (RealPath.IsDevice(path))
            throw new InvalidDataException($"'{path}' is a device or a pipe; expected a file.");
        try
        {
            return All(new MLContext().Model.LoadScore(path, out _)).OfType<ScoreCompressTransformer>().FirstOrDefault()?.Policy
                ?? throw new InvalidDataException($"The pipeline '{path}' holds no policy: none of its transformers is of ScoreCompress or ApplyScorePolicy.");
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or ArgumentException or TargetInvocationException)
        {
            throw new InvalidDataException($"'{path}' is no pipeline that can be read here: {FaultText.Of(exception)}", exception);
        }

        static IEnumerable<ITransformer> All(ITransformer transformer) =>
            transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(All) : [transformer];
    }

    private sealed class VideoRow
    {
        public string Path { get; set; } = "";
    }
}
