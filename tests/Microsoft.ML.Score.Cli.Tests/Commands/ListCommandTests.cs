using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Score.Cli.Evaluations;
using Score.Cli.Listing;

namespace Score.Cli.Commands;

[TestFixture]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ListCommandTests : IDisposable
{
    private static readonly string s_checkpoint = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core", "Models", "Tiny");

    private readonly TemporaryFolder _folder = new();
    private readonly string? _before = Environment.GetEnvironmentVariable("HF_HUB_CACHE");

    public ListCommandTests() => Environment.SetEnvironmentVariable("HF_HUB_CACHE", _folder.File("hub"));

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", _before);
        _folder.Dispose();
    }

    [Test]
    public async Task List_All_LoadsNoModel()
    {
        var (output, error) = (new StringWriter(), new StringWriter());

        var exitCode = await Program.RunAsync(["list", "--data", _folder.Path], (_, _) => throw new InvalidOperationException("A model is loaded."), output, error);

        Assert.That((exitCode, error.ToString()), Is.EqualTo((0, "")));
        Assert.That(output.ToString(), Does.Match(@"(?m)^tiny +Qwen2\.5-VL +298,784 +1\.1 MiB +ready$").And.Match("(?m)^vidcom2-vllm +").And.Match("(?m)^egoschema .* no annotations, no videos$").And.Contain("which is not there"));
    }

    [Test]
    public void List_Models_SaysWhichOfTheCacheLoad()
    {
        var whole = Snapshot("Org/Whole", "main", 'a');
        CopyCheckpoint(whole);
        Snapshot("Org/Whole", "other", 'a');
        CopyCheckpoint(Snapshot("Org/Whole", null, 'b'));
        CopyCheckpoint(Snapshot("Org/Cut", "main", 'c'));
        File.Delete(Path.Combine(_folder.File("hub/models--Org--Cut/snapshots"), new string('c', 40), "model.safetensors"));
        File.WriteAllText(Path.Combine(Snapshot("Org/Bert", "main", 'd'), "config.json"), """{"model_type": "bert"}""");
        File.WriteAllText(Path.Combine(_folder.File("hub/models--Org--Bert/snapshots"), new string('d', 40), "model.safetensors"), "");
        CopyCheckpoint(Snapshot("Org/Words", "main", 'e'));
        foreach (var file in (string[])["tokenizer.json", "vocab.json", "merges.txt"])
            File.Delete(Path.Combine(_folder.File("hub/models--Org--Words/snapshots"), new string('e', 40), file));
        Directory.CreateDirectory(_folder.File("hub/models--Org--Begun/blobs"));
        Directory.CreateDirectory(_folder.File("hub/models--Org--Torn/refs"));
        File.WriteAllText(_folder.File("hub/models--Org--Torn/refs/main"), "no commit");

        var text = ScoreProgram.Run("list", "models");
        var json = ScoreProgram.Run("list", "models", "--json");

        using var document = JsonDocument.Parse(json.Output);
        var models = document.RootElement.GetProperty("models").GetProperty("items").EnumerateArray().ToDictionary(model => model.GetProperty("model").GetString()!);
        Assert.That((text.ExitCode, text.Error, json.ExitCode, json.Error), Is.EqualTo((0, "", 0, "")));
        Assert.That(models.Select(model => $"{model.Key}: {model.Value.GetProperty("state").GetString()}"), Is.EqualTo(new[]
        {
            "tiny: ready", "Org/Begun: incomplete", "Org/Bert: not usable", "Org/Cut: incomplete", "Org/Torn: not usable",
            "Org/Whole: ready", "Org/Whole@other: ready", $"Org/Whole@{new string('b', 40)}: ready", "Org/Words: not usable",
        }));
        Assert.That((models["Org/Whole"].GetProperty("folder").GetString(), models["Org/Whole"].GetProperty("parameters").GetInt64()), Is.EqualTo((whole, 298_784L)));
        Assert.That(models["Org/Bert"].GetProperty("reason").GetString(), Does.Contain("model_type 'bert' is not supported"));
        Assert.That(text.Output, Does.Match("(?m)^Org/Cut: .*incomplete: model\\.safetensors is missing\\. Run 'score download Org/Cut'").And.Match("(?m)^Org/Begun: .*'score download Org/Begun' gets it"));
        foreach (var (name, model) in models)
            if (model.GetProperty("state").GetString() == "ready")
                using (var loaded = VideoModel.Load(name))
                    Assert.That(loaded.Info.Source, Is.EqualTo(name));
            else
                Assert.That(() => VideoModel.Load(name), Throws.Exception, name);
    }

    /// <summary>The library names what it takes in the message about what it does not.</summary>
    [Test]
    public void Families_OfTheList_AreThoseThatTheLibraryNames()
    {
        File.WriteAllText(Path.Combine(Snapshot("Org/Bert", "main", 'd'), "config.json"), """{"model_type": "bert"}""");
        File.WriteAllText(Path.Combine(_folder.File("hub/models--Org--Bert/snapshots"), new string('d', 40), "model.safetensors"), "");

        var fault = Assert.Throws<InvalidDataException>(() => VideoModel.Describe("Org/Bert"));

        string[] types = [.. ModelList.Families.Keys.Select(type => $"'{type}'")];
        Assert.That(fault!.Message, Does.Contain($"expected {string.Join(", ", types[..^1])} or {types[^1]}."));
    }

    [Test]
    public void List_Compressors_AreThoseOfEval()
    {
        using var document = JsonDocument.Parse(ScoreProgram.Run("list", "compressors", "--json").Output);
        var listed = document.RootElement.GetProperty("compressors").EnumerateArray().ToDictionary(item => item.GetProperty("word").GetString()!);

        Assert.That(listed.Keys, Is.EqualTo((string[])[.. CompressionMethod.All.Select(method => method.Word), "low-resolution", "ablation"]));
        Assert.That(listed.Values.Where(item => item.GetProperty("byDefault").GetBoolean()).Select(item => item.GetProperty("word").GetString()), Is.EqualTo(ComparedCompressor.Default.Select(compressor => compressor.Word)));
        Assert.That(listed.Values.Where(item => item.GetProperty("does").GetString() == "merges").Select(item => item.GetProperty("word").GetString()),
            Is.EqualTo(new[] { "holitom", "holitom-port", "fastvid", "fastvid-llava-video", "fastvid-onevision", "fastvid-port" }));
        Assert.That(((string[])["score", "untrained", "random", "uniform", "holitom", "fastvid"]).Select(word => string.Join('+', listed[word].GetProperty("needs").EnumerateArray().Select(need => need.GetString()))),
            Is.EqualTo(new[] { "policy", "seed+model", "seed", "", "received attention", "pooled attention" }));
        Assert.That(((string[])["dycoke", "dycoke-official", "evs-vllm", "frame-drop", "ablation"]).Select(word => listed[word].GetProperty("variantOf").GetString()),
            Is.EqualTo(new[] { null, "dycoke", "evs", null, "score" }));
    }

    [Test]
    public void List_Benchmarks_SaysWhatIsThereAndHowManyVideosAreMissing()
    {
        Write("video-mme/annotations.json", """
            [
              { "duration": "short", "videoID": "clip", "question_id": "1", "task_type": "OCR Problems", "question": "Who?", "options": ["A. Ann.", "B. Bob."], "answer": "A" },
              { "duration": "short", "videoID": "clip", "question_id": "2", "task_type": "OCR Problems", "question": "Who else?", "options": ["A. Ann.", "B. Bob."], "answer": "B" },
              { "duration": "short", "videoID": "gone", "question_id": "3", "task_type": "OCR Problems", "question": "Where?", "options": ["A. In.", "B. Out."], "answer": "A" },
              { "duration": "short", "videoID": "clip", "question_id": "4", "task_type": "OCR Problems", "question": "When?", "options": ["A. Now.", "B. Then."], "answer": "E" },
            ]
            """);
        Write("video-mme/videos/clip.mp4", "");
        Write("lvbench/annotations.jsonl", "no JSON");
        Directory.CreateDirectory(_folder.File("lvbench/videos"));
        Write("egoschema/annotations.parquet", "");
        Directory.CreateDirectory(_folder.File("mlvu-dev/videos"));

        var text = ScoreProgram.Run("list", "benchmarks", "--data", _folder.Path);
        using var document = JsonDocument.Parse(ScoreProgram.Run("list", "benchmarks", "--data", _folder.Path, "--json").Output);

        var listed = document.RootElement.GetProperty("benchmarks").GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);
        Assert.That(listed.Select(item => $"{item.Key}: {item.Value.GetProperty("state").GetString()}"), Is.EqualTo(new[]
        {
            "synthetic: ready", "video-mme: videos missing", "mlvu-dev: no annotations", "mlvu-test: no annotations, no videos", "lvbench: not readable",
            "longvideobench: no annotations, no videos", "egoschema: no videos",
        }));
        Assert.That(text.Output, Does.Match(@"(?m)^video-mme +1 +1 +2  videos missing$").And.Match("(?m)^lvbench: .*annotations\\.jsonl"));
        Assert.That(listed["video-mme"].GetProperty("missingVideos")[0].GetString(), Is.EqualTo("gone"));
        Assert.That(listed["video-mme"].GetProperty("questionsLeftOut").GetInt32(), Is.EqualTo(1));
        Assert.That(text.Error, Is.Empty);
    }

    [TestCase("got 'model'. Did you mean 'models'?", "model")]
    [TestCase("must not be empty", " ")]
    [TestCase("There is no option '--bogus'.", "--bogus")]
    [TestCase("score list takes no argument 'compressors'.", "models", "compressors")]
    public void List_WrongUsage_SaysSo(string message, params string[] args)
    {
        var run = ScoreProgram.Run(["list", .. args]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message));
    }

    private string Snapshot(string id, string? reference, char digit)
    {
        var (folder, commit) = (_folder.File($"hub/models--{id.Replace("/", "--", StringComparison.Ordinal)}"), new string(digit, 40));
        Directory.CreateDirectory(Path.Combine(folder, "refs"));
        if (reference is not null)
            File.WriteAllText(Path.Combine(folder, "refs", reference), commit);
        return Directory.CreateDirectory(Path.Combine(folder, "snapshots", commit)).FullName;
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), text);
    }

    private static void CopyCheckpoint(string folder)
    {
        foreach (var file in Directory.GetFiles(s_checkpoint))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }
}
