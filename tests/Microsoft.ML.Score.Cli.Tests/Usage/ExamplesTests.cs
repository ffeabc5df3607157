using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Files;
using Score.Cli.Hub;

namespace Score.Cli.Usage;

/// <summary>Every example of every help page, run as it stands in a folder that has the files it names; servers that it names are this machine's.</summary>
[TestFixture]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ExamplesTests : IDisposable
{
    private const string CheckpointId = "Qwen/Qwen2.5-VL-7B-Instruct";

    private static readonly string s_checkpoint = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core", "Models", "Tiny");
    private static readonly string s_policy = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core", "Policy", "Pretrained", "tiny.safetensors");
    private static readonly string[] s_writing = ["--output", "--metrics", "--records", "--json", "--report", "--csv"];
    private static readonly string[] s_variables = ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "API_KEY"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _before = Environment.CurrentDirectory;
    private readonly string?[] _variables = Array.ConvertAll(s_variables, Environment.GetEnvironmentVariable);

    public ExamplesTests()
    {
        Environment.CurrentDirectory = _folder.Path;
        foreach (var (name, value) in s_variables.Zip(["http://127.0.0.1:1", _folder.File("hub"), null, null, "key"]))
            Environment.SetEnvironmentVariable(name, value);
    }

    private static IEnumerable<(Command Command, IReadOnlyList<Example> Examples)> Lists =>
        from command in Program.BuildRootCommand((_, _) => new FakeVideoModel()) is var root ? root.Subcommands.Prepend<Command>(root) : []
        select (command, command is RootCommand ? Program.Examples : command is ExampledCommand exampled ? exampled.Examples : []);

    private static IEnumerable<TestCaseData> All =>
        from list in Lists from example in list.Examples select new TestCaseData(example.Line).SetArgDisplayNames(example.Line);

    public void Dispose()
    {
        Environment.CurrentDirectory = _before;
        foreach (var (name, value) in s_variables.Zip(_variables))
            Environment.SetEnvironmentVariable(name, value);
        _folder.Dispose();
    }

    [TestCaseSource(nameof(All))]
    public async Task Example_OfHelp_Runs(string line)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(line)];
        foreach (var (before, word) in words.Zip(words.Skip(1)))
            if (!s_writing.Contains(before) || word == "features.safetensors")
                Make(word, words[1]);
        using var teacher = new TeacherServer((_, _) => TeacherAnswer.Caption("A circle moves."));
        using var hub = new HubServer();
        hub.Change = Answer;
        Environment.SetEnvironmentVariable("HF_ENDPOINT", hub.Endpoint);
        foreach (var file in Directory.GetFiles(s_checkpoint))
            hub.Content[Path.GetFileName(file)] = File.ReadAllBytes(file);
        if (words[1] == "annotate")
            FFmpegProgram.Require();
        var (output, error) = (new StringWriter(), new StringWriter());

        var exitCode = await Program.RunAsync([.. words.Skip(1).Select(word => word.StartsWith("http", StringComparison.Ordinal) ? teacher.Endpoint.ToString() : word)], VideoModel.Load, output, error);

        Assert.That((words[0], exitCode), Is.EqualTo(("score", 0)), error.ToString());
        Assert.That(output.ToString(), Is.Not.Empty);
        foreach (var (_, written) in words.Zip(words.Skip(1)).Where(pair => s_writing.Contains(pair.First) && !pair.Second.StartsWith('-')))
            Assert.That(Path.Exists(_folder.File(written)), written);

        HubAnswer Answer(HubRequest request, HubAnswer usual) => request.Path.StartsWith("/api/models/", StringComparison.Ordinal) ? HubServer.Json(hub.Listing())
            : request.Path.Split('/') is [_, _, _, "resolve", _, var file] ? new(200, hub.Content[file]) : usual;
    }

    [Test]
    public void Help_OfEveryCommand_EndsWithTwoToFourExamplesOfIt()
    {
        foreach (var (command, examples) in Lists)
        {
            string[] path = command is RootCommand ? [] : [command.Name];
            var help = ScoreProgram.Run([.. path, "--help"]).Output.ReplaceLineEndings("\n");
            var shown = help.Split("\nExamples:\n")[^1].Split('\n').Where(line => line.StartsWith("  score ", StringComparison.Ordinal)).Select(line => line[2..]);

            Assert.That(examples, Has.Count.InRange(2, 4), command.Name);
            Assert.That(shown, Is.EqualTo(examples.Select(example => example.Line)), command.Name);
            Assert.That(examples.Select(example => example.Line), Has.All.StartsWith(string.Join(' ', (string[])["score", .. path])).And.All.Length.AtMost(118), command.Name);
            Assert.That(examples.Select(example => example.Does), Has.All.EndsWith("."), command.Name);
        }
    }

    /// <summary>What a word of an example names, where that is to be there before it runs.</summary>
    private void Make(string word, string command)
    {
        switch (word)
        {
            case "clip.mp4":
                WriteClip(word);
                break;
            case "videos":
                Directory.CreateDirectory(word);
                WriteClip("videos/clip.mp4");
                break;
            case "rows.jsonl":
                File.WriteAllLines(word, ((string[])["image-0", "image-1", "short-0"]).Select(clip => $$"""{"video": "synthetic:policytraining-{{clip}}", "caption": "A red circle."}"""));
                break;
            case "metrics.jsonl":
                Write("train", "--data", "synthetic", "--output", "made.safetensors", "--warm-up-steps", "1", "--main-steps", "1", "--synthetic-images", "4", "--synthetic-videos", "2", "--synthetic-validation", "1", "--metrics", word);
                break;
            case "eval.json":
                Write("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "score,random", "--json", word);
                break;
            case "policy.safetensors":
                File.Copy(s_policy, word);
                break;
            case "pipeline.zip":
                using (var model = VideoModel.Load("tiny"))
                    PipelineFile.Save(word, PolicyNetwork.Load(s_policy), model, 0.1);
                break;
            case "features.safetensors":
                using (var model = VideoModel.Load("tiny"))
                    FeatureFile.Write(word, model.Encode(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip));
                break;
            case "benchmarks":
                Directory.CreateDirectory("benchmarks/video-mme/videos");
                WriteClip("benchmarks/video-mme/videos/clip.mp4");
                File.WriteAllText("benchmarks/video-mme/annotations.json", """
                    [{ "duration": "short", "videoID": "clip", "question_id": "001-1", "task_type": "OCR Problems", "question": "What is there?", "options": ["A. Ann.", "B. Bob."], "answer": "A" }]
                    """);
                break;
            case CheckpointId when command != "download":
                var snapshot = Path.Combine("hub", "models--Qwen--Qwen2.5-VL-7B-Instruct", "snapshots", new string('c', 40));
                CopyCheckpoint(snapshot);
                Directory.CreateDirectory(Path.Combine(snapshot, "..", "..", "refs"));
                File.WriteAllText(Path.Combine(snapshot, "..", "..", "refs", "main"), new string('c', 40));
                break;
            case "models/Qwen2.5-VL-7B-Instruct":
                CopyCheckpoint(word);
                break;
        }
    }

    /// <summary>Has the command itself write what another reads.</summary>
    private static void Write(params string[] command)
    {
        var error = new StringWriter();
        var exitCode = Program.RunAsync(command, VideoModel.Load, TextWriter.Null, error).GetAwaiter().GetResult();
        Assert.That(exitCode, Is.Zero, error.ToString());
    }

    private static void CopyCheckpoint(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(s_checkpoint))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static void WriteClip(string path) => FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=48x48:rate=4:duration=4", "-c:v", "mpeg4", path);
}
