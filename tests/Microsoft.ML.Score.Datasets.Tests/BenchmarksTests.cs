using System.Text;

namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class BenchmarksTests
{
    [Test]
    public void Names_All_HaveADefaultPrompt() =>
        Assert.That(Benchmarks.Names.Select(Benchmarks.Prompts), Has.All.Contains("default"));

    [Test]
    public void Open_ByName_OpensThatBenchmark()
    {
        using var folder = new BenchmarkFolder("9f.mp4");
        var path = folder.Write("subset.json", """[{"video_idx": "9f", "question": "What?", "option": ["A. Cook.", "B. Sew."], "answer": "0"}]""");

        Assert.That(Benchmarks.Open("egoschema", path, folder.Videos).Name, Is.EqualTo("egoschema"));
    }

    [Test]
    public void Open_BadArguments_SayWhatThereIs()
    {
        using var folder = new BenchmarkFolder();
        var path = folder.Write("notes.txt", "");

        Assert.Multiple(() =>
        {
            Assert.That(() => Benchmarks.Open("youcook", path, folder.Videos), Throws.ArgumentException.With.Message.Contains("video-mme, mlvu-dev"));
            Assert.That(() => Benchmarks.Prompts("youcook"), Throws.ArgumentException);
            Assert.That(() => Benchmarks.Open("lvbench", path, folder.Videos, "loud"), Throws.ArgumentException.With.Message.Contains("default"));
            Assert.That(() => Benchmarks.Open("lvbench", path, folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains(".parquet"));
            Assert.That(() => Benchmarks.Open("lvbench", folder.PathOf("none.json"), folder.Videos), Throws.TypeOf<FileNotFoundException>());
            Assert.That(() => Benchmarks.Open("lvbench", folder.Videos, folder.Videos), Throws.TypeOf<FileNotFoundException>());
            Assert.That(() => Benchmarks.Open("lvbench", path, folder.PathOf("none")), Throws.TypeOf<DirectoryNotFoundException>());
        });
    }

    /// <summary>Videos that are no videos are found when they are opened, not before.</summary>
    [Test]
    public void GetVideo_EmptyFile_Throws()
    {
        using var folder = new BenchmarkFolder("9f.mp4");
        var benchmark = Benchmarks.Open("egoschema", folder.Write("subset.json", """[{"video_idx": "9f", "question": "What?", "option": ["A. Cook.", "B. Sew."], "answer": "0"}]"""), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(() => benchmark.GetVideo(0), Throws.TypeOf<InvalidDataException>());
            Assert.That(() => benchmark.GetVideo(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    /// <summary>The smallest file of each layout with every byte changed and every length.</summary>
    [TestCase("video-mme", """[{"video_id":"1","questions":[{"question_id":"1-1","task_type":"t","question":"q?","options":["A. a","B. b"],"answer":"A"}],"duration":"short"}]""")]
    [TestCase("mlvu-dev", """[{"video":"1.mp4","duration":4.5,"question":"q?","candidates":["a","b"],"answer":"b","question_type":"findNeedle"}]""")]
    [TestCase("mlvu-test", """[{"video_name":"1.mp4","question":"q?\n(A) a\n(B) b","candidates":["a","b"],"answer":"B","task_type":"sportsQA"}]""")]
    [TestCase("lvbench", """[{"key":"1","type":"tv","qa":[{"uid":7,"question":"q?\n(A) a\n(B) b","answer":"B","question_type":["s"],"time_reference":"118:05-None"}]}]""")]
    [TestCase("longvideobench", """[{"video_path":"1.mp4","id":"1","question":"q?","option0":"a","option1":"b","option2":"N/A","correct_choice":1,"question_category":"S","duration_group":15}]""")]
    [TestCase("egoschema", """[{"video_idx":"1","question":"q?","option":["A. a","B. b"],"answer":"1"}]""")]
    public void Open_DamagedAnnotations_ReadsOrRefuses(string name, string text)
    {
        using var folder = new BenchmarkFolder("1.mp4");
        Assert.That(Benchmarks.Open(name, folder.Write("whole.json", text), folder.Videos).Count, Is.EqualTo(1));

        var path = folder.PathOf("damaged.json");
        foreach (var damaged in DamagedFile.Variants(Encoding.UTF8.GetBytes(text)))
        {
            File.WriteAllBytes(path, damaged);
            DamagedFile.ReadsOrRefuses(damaged, allowance: 1 << 20, () => Benchmarks.Open(name, path, folder.Videos));
        }
    }

    /// <summary>Sets are distributed with annotations and videos in one folder.</summary>
    [Test]
    public void Open_FolderWithOtherFiles_NamesTheAnnotationsAlone()
    {
        using var folder = new BenchmarkFolder("9f.mp4", "notes.txt");
        var rows = folder.Write("videos/b.jsonl", """{"video_idx": "9f", "question": "What?", "option": ["A. Cook.", "B. Sew."], "answer": "0"}""");
        folder.Write("videos/subtitles/a.json", "{}");

        Assert.That(EgoSchema.Open(folder.Videos, folder.Videos).AnnotationPaths, Is.EqualTo(new[] { rows }));
    }

    /// <summary>A question of more options than letters is refused, not written.</summary>
    [Test]
    public void Open_MoreOptionsThanLetters_Throws()
    {
        using var folder = new BenchmarkFolder("1.mp4");
        var options = string.Join(",", Enumerable.Range(0, 30).Select(option => $"\"{option}\""));
        var path = folder.Write("rows.jsonl", $$"""{"video": "1.mp4", "question": "q?", "candidates": [{{options}}], "answer": "3", "question_type": "plotQA"}""");

        Assert.That(() => Mlvu.OpenDev(path, folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains("30"));
    }

    /// <summary>Names may have dots and folders; only the extension of a video is none of the name.</summary>
    [Test]
    public void Open_DotsAndFoldersInNames_KeepVideosApart()
    {
        using var folder = new BenchmarkFolder("a/v.1.mp4", "b/v.1.mp4", "b/v.2.mkv");
        var rows = new[] { "a/v.1.mp4", "b/v.1", "b/v.2" }.Select(name => $$"""{"video_idx": "{{name}}", "question": "q?", "option": ["A. a", "B. b"], "answer": "0"}""");

        Assert.That(EgoSchema.Open(folder.Write("rows.jsonl", string.Join('\n', rows)), folder.Videos).Videos.Select(video => video.Id), Is.EqualTo(new[] { "a/v.1", "b/v.1", "b/v.2" }));
    }
}
