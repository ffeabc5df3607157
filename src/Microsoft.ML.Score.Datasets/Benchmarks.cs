using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Datasets;

/// <summary>The benchmarks by name.</summary>
public static class Benchmarks
{
    /// <summary>The names that <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [VideoMme.Name, Mlvu.DevName, Mlvu.TestName, LvBench.Name, LongVideoBench.Name, EgoSchema.Name];

    /// <summary>The names of a benchmark's prompts, "default" among them.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such benchmark.</exception>
    public static IReadOnlyList<string> Prompts(string name) => [.. name switch
    {
        VideoMme.Name => VideoMme.Prompts.Keys,
        Mlvu.DevName => Mlvu.DevPrompts.Keys,
        Mlvu.TestName => Mlvu.TestPrompts.Keys,
        LvBench.Name => LvBench.Prompts.Keys,
        LongVideoBench.Name => LongVideoBench.Prompts.Keys,
        EgoSchema.Name => EgoSchema.Prompts.Keys,
        _ => throw Unknown(name),
    }];

    /// <summary>Reads the annotations of a benchmark and looks for its videos.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie.</param>
    /// <param name="prompt">The name of a prompt. Default "default".</param>
    /// <param name="readOptions">How the video files are read; null means the defaults.</param>
    /// <exception cref="ArgumentException">There is no such benchmark or prompt.</exception>
    /// <exception cref="FileNotFoundException">There are no annotations at that path.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of videos.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or of no known layout, or name a file outside the folder.</exception>
    public static AnnotatedBenchmark Open(string name, string annotationsPath, string videosFolder, string prompt = "default", VideoReadOptions? readOptions = null)
    {
        var benchmark = Read(name, annotationsPath, videosFolder, prompt);
        benchmark.ReadOptions = readOptions ?? benchmark.ReadOptions;
        return benchmark;
    }

    private static AnnotatedBenchmark Read(string name, string annotationsPath, string videosFolder, string prompt) => name switch
    {
        VideoMme.Name => VideoMme.Open(annotationsPath, videosFolder, prompt),
        Mlvu.DevName => Mlvu.OpenDev(annotationsPath, videosFolder, prompt),
        Mlvu.TestName => Mlvu.OpenTest(annotationsPath, videosFolder, prompt),
        LvBench.Name => LvBench.Open(annotationsPath, videosFolder, prompt),
        LongVideoBench.Name => LongVideoBench.Open(annotationsPath, videosFolder, prompt),
        EgoSchema.Name => EgoSchema.Open(annotationsPath, videosFolder, prompt),
        _ => throw Unknown(name),
    };

    internal static T FindPrompt<T>(string benchmark, IReadOnlyDictionary<string, T> prompts, string name) => name is not null && prompts.TryGetValue(name, out var prompt)
        ? prompt
        : throw new ArgumentException($"{benchmark} has the prompts {string.Join(", ", prompts.Keys)}; there is no '{name}'.", nameof(name));

    private static ArgumentException Unknown(string name) => new($"The benchmarks are {string.Join(", ", Names)}; there is no '{name}'.", nameof(name));
}
