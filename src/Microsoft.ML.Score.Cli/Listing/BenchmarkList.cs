using System.Globalization;
using Microsoft.ML.Score.Datasets;
using Score.Cli.Evaluations;
using Score.Cli.Output;

namespace Score.Cli.Listing;

/// <summary>A benchmark of <c>score eval --benchmark</c>, and which of its files are there.</summary>
/// <param name="Name">The word.</param>
/// <param name="State">"ready", or what is missing.</param>
/// <param name="Annotations">Where they are, or are looked for.</param>
/// <param name="Videos">The folder of its videos.</param>
/// <param name="Content">Its annotations, where they and the folder of videos are there and can be read.</param>
/// <param name="Reason">Why they cannot.</param>
internal sealed record ListedBenchmark(string Name, string State, string Annotations, string Videos, AnnotatedBenchmark? Content, string? Reason)
{
    public int? Questions => Content?.Videos.Sum(video => video.Questions.Count);
}

/// <summary>The benchmarks as <c>score eval</c> would find them: annotations are read, and videos looked for by their names.</summary>
internal sealed class BenchmarkList
{
    private readonly string _data;
    private readonly ListedBenchmark[] _benchmarks;

    /// <param name="data">The folder that holds a folder for each benchmark; it need not exist.</param>
    public BenchmarkList(string data)
    {
        _data = data;
        _benchmarks = [.. Benchmarks.Names.Select(Find)];
    }

    public object ToJson() => new
    {
        data = _data,
        items = _benchmarks.Select(benchmark => new
        {
            name = benchmark.Name,
            state = benchmark.State,
            annotations = benchmark.Annotations,
            videoFolder = benchmark.Videos,
            questions = benchmark.Questions,
            questionsLeftOut = benchmark.Content?.LeftOut.Count,
            videos = benchmark.Content?.Videos.Count,
            missingVideos = benchmark.Content?.MissingVideos,
            prompts = Benchmarks.Prompts(benchmark.Name),
            reason = benchmark.Reason,
        }).Prepend<object>(new { name = BenchmarkSource.SyntheticName, state = "ready" }),
    };

    public void Write(TextWriter output)
    {
        var table = new TextTable("benchmark", "videos", "missing", "questions", "state");
        table.Add(BenchmarkSource.SyntheticName, "-", "-", "-", "ready");
        foreach (var benchmark in _benchmarks)
            table.Add(benchmark.Name, Text(benchmark.Content?.Videos.Count), Text(benchmark.Content?.MissingVideos.Count), Text(benchmark.Questions), benchmark.State);
        table.Write(output);
        foreach (var benchmark in _benchmarks.Where(benchmark => benchmark.Reason is not null))
            output.WriteLine(VisibleText.Message($"{benchmark.Name}: {benchmark.Reason}"));
        output.WriteLine(VisibleText.Message($"looked for in: {Path.Combine(_data, "NAME")}: annotations (.json, .jsonl, .tsv, .parquet, or a folder of such) and the folder videos"));
    }

    private ListedBenchmark Find(string name)
    {
        var (annotations, videos) = new EvaluationInputs(name).FindBenchmark(name, _data, null, null);
        string[] missing = [.. annotations.Length == 0 ? ["annotations"] : Array.Empty<string>(), .. Directory.Exists(videos) ? Array.Empty<string>() : ["videos"]];
        if (missing.Length > 0)
            return new(name, $"no {string.Join(", no ", missing)}", annotations.Length == 0 ? Path.Combine(_data, name, "annotations") : annotations, videos, null, null);
        try
        {
            var content = Benchmarks.Open(name, annotations, videos);
            return new(name, content.MissingVideos.Count == 0 ? "ready" : content.Count == 0 ? "no videos" : "videos missing", annotations, videos, content, null);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new(name, "not readable", annotations, videos, null, exception.Message);
        }
    }

    private static string Text(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
