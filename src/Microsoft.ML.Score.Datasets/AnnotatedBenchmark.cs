using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// A benchmark of annotation files and a folder of videos. Opening it reads all annotations and looks for the videos; those that are
/// not there are listed in <see cref="MissingVideos"/> and the rest is evaluated. Answers are read by <see cref="MultipleChoiceQuestion.FindLetter"/>
/// with the letters of the question's own options. Immutable.
/// </summary>
public sealed class AnnotatedBenchmark : MultipleChoiceBenchmark
{
    private AnnotatedBenchmark(string name, IReadOnlyList<BenchmarkMetric> metrics, IReadOnlyList<AnnotatedVideo> videos, IReadOnlyList<string> missing, IReadOnlyList<LeftOutQuestion> leftOut)
    {
        Name = name;
        Metrics = metrics;
        Videos = videos;
        MissingVideos = missing;
        LeftOut = leftOut;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>The files that the annotations were read from.</summary>
    public IReadOnlyList<string> AnnotationPaths { get; private init; } = [];

    /// <summary>How the video files are read.</summary>
    internal VideoReadOptions ReadOptions { get; set; } = new();

    /// <summary>The videos whose files are there, in the annotations' order.</summary>
    public IReadOnlyList<AnnotatedVideo> Videos { get; }

    /// <inheritdoc/>
    public override int Count => Videos.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> MissingVideos { get; }

    /// <summary>Questions of the annotations that are not asked, with the reason of each.</summary>
    public IReadOnlyList<LeftOutQuestion> LeftOut { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<BenchmarkMetric> Metrics { get; }

    /// <summary>What guessing scores: the mean over all questions of the videos that are there of 1 / options; NaN when there is none.</summary>
    public double ChanceLevel => Videos.SelectMany(video => video.Questions).Select(question => 1.0 / question.Options.Count).DefaultIfEmpty(double.NaN).Average();

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such video.</exception>
    /// <exception cref="FileNotFoundException">The file has gone since the benchmark was opened.</exception>
    /// <exception cref="InvalidDataException">The file is no video.</exception>
    public override BenchmarkVideo GetVideo(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        var video = Videos[index];
        return new BenchmarkVideo(video.Id, video.LengthClass, VideoFile.Open(video.Path, ReadOptions), Caption: null, video.Questions);
    }

    /// <inheritdoc/>
    public override int? FindOption(string response, MultipleChoiceQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);

        return question.FindLetter(response);
    }

    /// <exception cref="InvalidDataException">An annotation is not of the layout, two videos of one name differ in length class, or a question's id occurs twice.</exception>
    internal static AnnotatedBenchmark Open(string name, IReadOnlyList<BenchmarkMetric> metrics, string annotationsPath, VideoFolder folder, Func<AnnotationRow, IEnumerable<AnnotatedQuestion>> read)
    {
        var leftOut = new List<LeftOutQuestion>();
        var asked = new List<AnnotatedQuestion>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var paths = AnnotationFiles.Find(annotationsPath);
        foreach (var row in paths.SelectMany(AnnotationFiles.Read))
            foreach (var question in read(row))
            {
                if (question.LeftOutReason is { } reason)
                {
                    leftOut.Add(new LeftOutQuestion(row.Where, reason));
                    continue;
                }

                if (folder.FaultOf(question.VideoFile) is { } fault)
                    throw row.Error(fault);
                if (!ids.Add(question.Question!.Id))
                    throw row.Error($"the question id '{question.Question.Id}' occurs twice");
                asked.Add(question);
            }

        if (asked.Count == 0)
            throw new InvalidDataException($"'{annotationsPath}' holds no question that can be asked ({leftOut.Count} left out{(leftOut.Count > 0 ? $", the first because {leftOut[0].Reason}" : "")}).");

        var (videos, missing) = (new List<AnnotatedVideo>(), new List<string>());
        foreach (var video in asked.GroupBy(question => question.VideoId, StringComparer.Ordinal))
        {
            var first = video.First();
            if (video.FirstOrDefault(question => question.LengthClass != first.LengthClass) is { } other)
                throw new InvalidDataException($"'{annotationsPath}': the video '{video.Key}' is of length class '{first.LengthClass}' and of '{other.LengthClass}'.");
            if (folder.Find(first.VideoFile) is { } path)
                videos.Add(new AnnotatedVideo(video.Key, first.LengthClass, path, [.. video.Select(question => question.Question!)]));
            else
                missing.Add(first.VideoFile);
        }

        return new AnnotatedBenchmark(name, metrics, videos, missing, leftOut) { AnnotationPaths = paths };
    }
}
