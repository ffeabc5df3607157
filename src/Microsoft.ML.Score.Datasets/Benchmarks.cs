using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Datasets;

/// <summary>The benchmarks by name. Whatever the name, one call reads it: <see cref="Open"/>.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>name</term><description>layouts of the annotations; folders of the videos beside the one given</description></listheader>
/// <item><term>video-mme</term><description>
/// Video-MME (arXiv 2405.21075): rows of one question (parquet export and its JSON), tab-separated exports, the official list of videos with
/// their questions; videos named by their YouTube id, in "data", "video" or "videos".
/// </description></item>
/// <item><term>mlvu-dev, mlvu-test</term><description>
/// MLVU (arXiv 2406.04264), its multiple-choice tasks: the repository's folder of a file for each task (dev), parquet exports, tab-separated export (dev);
/// videos in "video", "videos" or the folder of their task, "1_plotQA" to "7_topic_reasoning".
/// </description></item>
/// <item><term>lvbench</term><description>
/// LVBench (arXiv 2406.08035): video_info.meta.jsonl, rows of one question (parquet export), tab-separated export; videos named by their YouTube id, in
/// "all_videos", "video" or "videos".
/// </description></item>
/// <item><term>longvideobench</term><description>
/// LongVideoBench (arXiv 2407.15754), validation: the repository's JSON list, parquet export, tab-separated export; videos in "videos".
/// </description></item>
/// <item><term>egoschema</term><description>
/// EgoSchema (arXiv 2308.09126), the 500 questions whose answers are public: rows of the parquet export; videos named by their id, in "videos".
/// </description></item>
/// </list>
/// Prompts are word for word those of lmms-eval and VLMEvalKit, since published scores depend on them. docs/public-benchmarks.md has the rest: categories,
/// figures, how answers are read and where figures differ from other harnesses'.
/// </remarks>
/// <example><code>
/// var benchmark = Benchmarks.Open("mlvu-dev", "MLVU/json", "MLVU/video");
/// Console.WriteLine($"{benchmark.Count} videos, {benchmark.MissingVideos.Count} missing, {benchmark.LeftOut.Count} questions left out");
/// </code></example>
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
    /// <param name="videosFolder">Where the videos lie, directly or in a folder that the set's archives make.</param>
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
