using System.Diagnostics;
using System.Text.Json;

namespace Score.Cli.Commands;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AnnotateCommandTests : IDisposable
{
    private const int Rows = 12;

    private readonly TemporaryFolder _folder = new();

    public AnnotateCommandTests() =>
        File.WriteAllLines(_folder.File("rows.jsonl"), Enumerable.Range(0, Rows).Select(index => $$"""{"video": "synthetic:test-image-{{index}}", "caption": "number {{index}}."}"""));

    [OneTimeSetUp]
    public static void RequireFFmpeg() => FFmpegProgram.Require();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Annotate_Rows_WritesRowsThatTrainReads()
    {
        using var server = new TeacherServer((_, prompt) => TeacherAnswer.Caption("Dense " + prompt));

        var first = ScoreProgram.Run([.. Command(server), "--requests-per-minute", "100000"]);
        var second = ScoreProgram.Run([.. Command(server), "--json"]);
        var train = ScoreProgram.Run("train", "--data", _folder.File("out.jsonl"), "--output", _folder.File("policy.safetensors"), "--warm-up-steps", "1", "--main-steps", "0");

        Assert.That((first.ExitCode, first.Output.Trim()), Is.EqualTo((0, $"annotated: {Rows}, already there: 0, failed: 0, missing files: 0{Environment.NewLine}tokens: {11 * Rows} of prompts, {3 * Rows} of answers")), first.Error);
        Assert.That(server.Prompts, Has.Count.EqualTo(Rows));
        Assert.That((second.ExitCode, JsonDocument.Parse(second.Output).RootElement.GetProperty("alreadyThere").GetInt32()), Is.EqualTo((0, Rows)));
        Assert.That(train.ExitCode, Is.Zero, train.Error);
    }

    [Test]
    public void Annotate_FailuresAndMissingFiles_AreCountedAndTheExitCodeSaysSo()
    {
        using var server = new TeacherServer((_, prompt) => prompt.Contains("number 3.", StringComparison.Ordinal) ? new TeacherAnswer(400, "{}") : TeacherAnswer.Caption("Dense " + prompt));
        File.AppendAllLines(_folder.File("rows.jsonl"), ["""{"video": "gone.mp4", "caption": "Gone."}"""]);

        var run = ScoreProgram.Run([.. Command(server), "--skip-damaged"]);

        Assert.That((run.ExitCode, run.Output.Trim()), Is.EqualTo((1, $"annotated: {Rows - 1}, already there: 0, failed: 1, missing files: 1{Environment.NewLine}tokens: {11 * (Rows - 1)} of prompts, {3 * (Rows - 1)} of answers")));
        Assert.That(run.Error, Does.Contain("1 rows whose file is missing").And.Contain("out.jsonl.failed"));
    }

    [Test]
    public void Annotate_DryRun_CountsAndAsksAndWritesNothing()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("Dense."));
        Assert.That(ScoreProgram.Run([.. Command(server), "--limit", "2"]).ExitCode, Is.Zero);
        File.AppendAllText(_folder.File("out.jsonl"), "{\"path\": \"torn");
        string[] Files() => [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal).Select(file => $"{file} {File.ReadAllText(file)}")];
        var before = Files();

        var text = ScoreProgram.Run([.. Command(server), "--dry-run"]);
        var json = ScoreProgram.Run([.. Command(server), "--dry-run", "--limit", "5", "--json"]);

        Assert.That((text.ExitCode, text.Output.TrimEnd()), Is.EqualTo((0, $"dry run of score annotate: nothing was asked, nothing was written{Environment.NewLine}to ask: {Rows - 2}, of at most 8 frames each; already there: 2, missing files: 0")), text.Error);
        using var plan = JsonDocument.Parse(json.Output);
        Assert.That((plan.RootElement.GetProperty("toAsk").GetInt32(), plan.RootElement.GetProperty("alreadyThere").GetInt32()), Is.EqualTo((3, 2)));
        Assert.That(server.Prompts, Has.Count.EqualTo(2));
        Assert.That(Files(), Is.EqualTo(before));
    }

    [TestCase("--api-key-env", "NO_SUCH_VARIABLE_IS_SET", 1, "--api-key-env")]
    [TestCase("--output", "rows.jsonl", 2, "--output names the file of --data")]
    [TestCase("--data", "none.jsonl", 1, "There is no file")]
    public void Annotate_DryRunOfWhatWouldBeRefused_IsRefused(string option, string value, int exitCode, string message)
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("None."));
        string[] command = [.. Command(server)];
        var place = Array.IndexOf(command, option);
        var given = value.Contains('.', StringComparison.Ordinal) ? _folder.File(value) : value;

        var run = ScoreProgram.Run([.. place < 0 ? command.Append(option).Append(given) : command.Select((word, index) => index == place + 1 ? given : word), "--dry-run"]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((exitCode, "")));
        Assert.That(run.Error, Does.Contain(message));
    }

    [Test]
    public void Annotate_KeyThatIsNotSet_FailsWithoutNamingIt()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("None."));

        var run = ScoreProgram.Run([.. Command(server), "--api-key-env", "sk-pasted-by-mistake"]);

        Assert.That((run.ExitCode, server.Prompts.Count), Is.EqualTo((1, 0)));
        Assert.That(run.Error, Does.Contain("--api-key-env").And.Not.Contain("sk-pasted"));
    }

    [Test]
    public void Annotate_OutputThatIsTheData_IsRefused()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("None."));
        var before = File.ReadAllText(_folder.File("rows.jsonl"));

        var run = ScoreProgram.Run([.. Command(server).Where(argument => argument != _folder.File("out.jsonl")).SelectMany(argument => argument == "--output" ? [argument, _folder.File("rows.jsonl")] : new[] { argument })]);

        Assert.That((run.ExitCode, server.Prompts.Count, File.ReadAllText(_folder.File("rows.jsonl"))), Is.EqualTo((2, 0, before)));
        Assert.That(run.Error, Does.Contain("--output names the file of --data"));
    }

    [TestCase("--endpoint", "localhost", "--endpoint must be an http or https address")]
    [TestCase("--requests-per-minute", "0", "--requests-per-minute must be a number from 0.1 to 1000000")]
    [TestCase("--requests-per-minute", "1e-300", "--requests-per-minute must be")]
    [TestCase("--requests-per-minute", "1000001", "--requests-per-minute must be")]
    [TestCase("--max-tokens", "0", "--max-tokens must be a whole number of at least 1")]
    [TestCase("--temperature", "2.5", "--temperature must be a number from 0 to 2")]
    [TestCase("--endpoint", "http://me:secret@localhost/v1", "without a user's name")]
    [TestCase("--requests-per-minute", "many", "many")]
    [TestCase("--timeout", "0", "--timeout must be")]
    [TestCase("--frames", "0", "--frames must be")]
    [TestCase("--concurrency", "0", "--concurrency must be")]
    [TestCase("--max-retries", "-1", "--max-retries must be")]
    [TestCase("--prompt", " ", "--prompt must be a text")]
    public void Annotate_BadOption_IsWrongUsage(string option, string value, string message)
    {
        string[] command = ["annotate", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("out.jsonl"), "--model", "teacher", option, value];

        var run = ScoreProgram.Run(option == "--endpoint" ? command : [.. command, "--endpoint", "http://localhost:1/v1"]);

        Assert.That((run.ExitCode, File.Exists(_folder.File("out.jsonl"))), Is.EqualTo((2, false)));
        Assert.That(run.Error, Does.Contain(message));
    }

    [TestCase("http://me:s3cret@localhost/v1")]
    [TestCase("http://me:s3cret@localhost:99999/v1")]
    [TestCase("ftp://me:s3/c@ret@localhost/s3cret")]
    [TestCase("me:s3cret@localhost/v1")]
    [TestCase("htp://localhost/v1?key=s3cret")]
    public void Annotate_EndpointWithASecretThatIsRefused_DoesNotShowIt(string endpoint)
    {
        var run = ScoreProgram.Run("annotate", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("out.jsonl"), "--model", "m", "--endpoint", endpoint);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith("score: --endpoint must be an http or https address without a user's name, got '").And.Contain("localhost"));
        Assert.That(run.Error, Does.Not.Contain(":s3").And.Not.Contain("c@ret").And.Not.Contain("=s3cret"));
    }

    [Test]
    public void Annotate_AnswerWithAMarkOfTheTemplate_IsAFailedRowThatSaysWhich()
    {
        using var server = new TeacherServer((_, prompt) => TeacherAnswer.Caption(prompt.Contains("number 3.", StringComparison.Ordinal) ? "The <|image_pad|> cat." : "A cat."));

        var run = ScoreProgram.Run(Command(server));

        Assert.That((run.ExitCode, server.Prompts.Count, File.ReadAllLines(_folder.File("out.jsonl")).Length), Is.EqualTo((1, Rows, Rows - 1)), "asked once");
        Assert.That(File.ReadAllLines(_folder.File("out.jsonl.failed")).Single(), Does.StartWith("{\"path\":\"synthetic:test-image-3\",\"error\":\"the answer holds the mark '<|image_pad|>'"));
    }

    /// <summary>Kills the program (SIGKILL) while requests are under way, again and again, until it ends by itself.</summary>
    [Test]
    public void Annotate_KilledAndRunAgain_EndsWithTheSetOfAnUndisturbedRun()
    {
        using var server = new TeacherServer((_, prompt) => TeacherAnswer.Caption("Dense " + prompt) with { Delay = TimeSpan.FromMilliseconds(50) });
        var kills = 0;

        for (var killAt = 4; ; killAt += 4)
        {
            using var process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(Program).Assembly.Location, .. Command(server)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            while (!process.HasExited && server.Prompts.Count < killAt)
                Thread.Sleep(2);
            if (kills == 3 || process.WaitForExit(0))
            {
                process.WaitForExit();
                Assert.That(process.ExitCode, Is.Zero, process.StandardError.ReadToEnd());
                break;
            }

            process.Kill();
            process.WaitForExit();
            kills++;
        }

        var rows = File.ReadAllLines(_folder.File("out.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(kills, Is.GreaterThanOrEqualTo(2));
        Assert.That(rows.Select(row => (row.GetProperty("path").GetString(), row.GetProperty("caption").GetString())),
            Is.EquivalentTo(Enumerable.Range(0, Rows).Select(index => ($"synthetic:test-image-{index}", $"Dense number {index}."))));
    }

    private string[] Command(TeacherServer server) =>
    [
        "annotate", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("out.jsonl"), "--endpoint", server.Endpoint.ToString(), "--model", "teacher",
        "--prompt", "{caption}", "--frame-size", "64", "--concurrency", "2",
    ];
}
