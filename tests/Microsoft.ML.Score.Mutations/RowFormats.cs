using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Datasets.Training;
using Microsoft.ML.Score.Video;
using ParquetSharp;
using Score.Cli.Annotation;
using Score.Cli.Training;
using Encoding = System.Text.Encoding;

namespace Score.Mutations;

/// <summary>Files with a row a question or a caption.</summary>
/// <param name="scratch">Where the files lie.</param>
internal sealed class RowFormats(TemporaryFolder scratch)
{
    private static readonly (string Benchmark, string File, string Text)[] s_annotations =
    [
        ("video-mme", "json", """[{"video_id":"1","questions":[{"question_id":"1-1","task_type":"t","question":"q?","options":["A. a","B. b"],"answer":"A"}],"duration":"short"}]"""),
        ("video-mme", "tsv", "index\tvideo\tduration\tdomain\tcandidates\tquestion\tanswer\ttask_type\n0\t1\tshort\td\t['A. a', 'B. b']\t\"q, \"\"w\"\"?\"\tA\tt\n"),
        ("mlvu-dev", "json", """[{"video":"1.mp4","duration":4.5,"question":"q?","candidates":["a","b"],"answer":"b","question_type":"findNeedle"}]"""),
        ("mlvu-test", "json", """[{"video_name":"1.mp4","question":"q?\n(A) a\n(B) b","candidates":["a","b"],"answer":"B","task_type":"sportsQA"}]"""),
        ("lvbench", "jsonl", """{"key":"1","type":"tv","qa":[{"uid":7,"question":"q?\n(A) a\n(B) b","answer":"B","question_type":["s"],"time_reference":"118:05-None"}]}""" + "\n"),
        ("longvideobench", "json", """[{"video_path":"1.mp4","id":"1","question":"q?","option0":"a","option1":"b","option2":"N/A","correct_choice":1,"question_category":"S","duration_group":15}]"""),
        ("egoschema", "json", """[{"video_idx":"1","question":"q?","option":["A. a","B. b"],"answer":"1"}]"""),
    ];

    private static readonly (TrainingSetFormat Format, string File, string Text)[] s_trainingSets =
    [
        (TrainingSetFormat.Llava, "json", """[{"id":"7","video":"1.mp4","conversations":[{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"A thing."}]}]"""),
        (TrainingSetFormat.Llava, "jsonl", """{"id":"7","video":"1.mp4","conversations":[{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"A thing."}]}""" + "\n"),
        (TrainingSetFormat.Koala, "csv", "videoID,url,caption\n1,http://localhost,\"A thing, \"\"seen\"\".\"\n"),
        (TrainingSetFormat.Coco, "json", """{"images":[{"id":9,"file_name":"1.mp4"}],"annotations":[{"image_id":9,"id":1,"caption":"A thing."}]}"""),
    ];

    public IEnumerable<MutatedFormat> All()
    {
        Directory.CreateDirectory(scratch.File("videos"));
        File.WriteAllBytes(scratch.File("videos/1.mp4"), []);
        File.WriteAllBytes(scratch.File("1.mp4"), []);
        foreach (var (benchmark, extension, text) in s_annotations)
            yield return Annotations(benchmark, $"{benchmark}.{extension}", Encoding.UTF8.GetBytes(text));
        yield return Annotations("egoschema", "egoschema.parquet", Parquet());

        foreach (var (format, extension, text) in s_trainingSets)
        {
            var path = Write($"{format.ToString().ToLowerInvariant()}.{extension}", Encoding.UTF8.GetBytes(text));
            yield return MutatedFormat.Of($"captions {Path.GetFileName(path)}", path, () => TrainingSet.Read(path, format, scratch.File("videos")).Count());
        }

        var rows = Write("rows.jsonl", Encoding.UTF8.GetBytes("""{"video":"1.mp4","caption":"A thing."}""" + "\n" + """{"path":"1.mp4","caption":"An é \u0416."}""" + "\n"));
        yield return MutatedFormat.Of("training rows", rows, () => CaptionedVideo.ReadFile(rows, new VideoReadOptions()).Count());
        var annotated = Write("annotated.jsonl", AnnotationFile.Line(new AnnotatedRow("1.mp4", "A thing.", "", "teacher", null)));
        yield return MutatedFormat.Of("annotated rows", annotated, () => new AnnotationFile(annotated).Dispose());
    }

    private MutatedFormat Annotations(string benchmark, string name, byte[] bytes)
    {
        var path = Write(name, bytes);
        return MutatedFormat.Of($"annotations {name}", path, () => _ = Benchmarks.Open(benchmark, path, scratch.File("videos")).Count);
    }

    private string Write(string name, byte[] bytes)
    {
        var path = scratch.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private byte[] Parquet()
    {
        var path = scratch.File("egoschema-whole.parquet");
        using (var file = new ParquetFileWriter(path, [new Column<string>("video_idx"), new Column<string>("question"), new Column<string[]>("option"), new Column<string>("answer")]))
        {
            using var group = file.AppendRowGroup();
            using (var column = group.NextColumn().LogicalWriter<string>())
                column.WriteBatch(["1"]);
            using (var column = group.NextColumn().LogicalWriter<string>())
                column.WriteBatch(["q?"]);
            using (var column = group.NextColumn().LogicalWriter<string[]>())
                column.WriteBatch([["A. a", "B. b"]]);
            using (var column = group.NextColumn().LogicalWriter<string>())
                column.WriteBatch(["1"]);
            file.Close();
        }

        return File.ReadAllBytes(path);
    }
}
