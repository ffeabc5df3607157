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
}
