// The experiment behind docs/experiment.md: trains SCORE and its ablations over several seeds on the synthetic world, asks the same
// held-out questions under every selection, and again on videos of growing length. Trained policies stay in the output folder, so that
// a stopped run goes on where it was. Exits with 0 only when every promise holds (Promises.cs).
//
//   dotnet run -c Release --project tests/Microsoft.ML.Score.Experiment -- --output artifacts/experiment

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Experiment;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

var output = new Option<string>("--output") { Description = "Folder of policies, results.json, report.md and figures.", DefaultValueFactory = _ => "artifacts/experiment" };
var modelSource = new Option<string>("--model") { Description = "\"tiny\" or a checkpoint folder.", DefaultValueFactory = _ => "tiny" };
var seeds = Count("--seeds", "Seeds of every policy and of every control that draws.", 3);
var videos = Count("--videos", "Held-out videos of each length, eight questions each.", 125);
var lengths = new Option<VideoLength[]>("--lengths") { Description = "Lengths of the held-out videos.", DefaultValueFactory = _ => Enum.GetValues<VideoLength>(), AllowMultipleArgumentsPerToken = true };
var sweepVideos = Count("--sweep-videos", "Videos of each of the growing lengths, eight questions each.", 125);
var trainingVideos = Count("--training-videos", "Videos to train on.", 800);
var warmUpSteps = Count("--warm-up-steps", "Steps on pseudo-videos.", new TrainerOptions().WarmUpSteps);
var mainSteps = Count("--main-steps", "Steps on videos.", new TrainerOptions().MainSteps);

var root = new RootCommand("Trains SCORE and its ablations on the synthetic world and compares them with every rival and control.")
{
    output, modelSource, seeds, videos, lengths, sweepVideos, trainingVideos, warmUpSteps, mainSteps,
};
root.SetAction(Run);
return root.Parse(args).Invoke();

static Option<int> Count(string name, string description, int value)
{
    var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1)
            result.AddError($"{name} must be at least 1.");
    });
    return option;
}

int Run(ParseResult parsed)
{
    var folder = Directory.CreateDirectory(parsed.GetValue(output)!).FullName;
    var settings = new ExperimentSettings(
        parsed.GetValue(seeds), parsed.GetValue(videos), parsed.GetValue(lengths)!, parsed.GetValue(sweepVideos),
        parsed.GetValue(trainingVideos), parsed.GetValue(warmUpSteps), parsed.GetValue(mainSteps));
    var watch = Stopwatch.StartNew();
    void Log(string message) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{watch.Elapsed:hh\\:mm\\:ss}] {message}"));

    // HoliTom and FastVID choose by the encoder's attention.
    using var model = VideoModel.Load(parsed.GetValue(modelSource)!, new VideoModelOptions { EncoderStatistics = true });
    var selections = SelectionList.Make(model, new PolicyRuns(model, settings, folder, Log), settings);
    var score = selections[0];

    BenchmarkRun Evaluate(MultipleChoiceBenchmark benchmark, IEnumerable<BenchmarkSystem> systems)
    {
        BenchmarkSystem[] distinct = [.. systems.Distinct()];
        Log($"{benchmark.Name}: {benchmark.Count} videos under {distinct.Length} systems");
        return benchmark.Evaluate(model, distinct, progress: new EveryTenth(benchmark.Count, done => Log($"{done} of {benchmark.Count} videos")));
    }

    var compared = Evaluate(new SyntheticBenchmark(settings.Videos, settings.Lengths), selections.SelectMany(selection => selection.Systems.Values).SelectMany(systems => systems));
    var swept = Evaluate(new LengthSweep(settings.SweepVideos), [BenchmarkSystem.AllTokens, .. score.Systems[ExperimentSettings.SweepRatio]]);
    Log("estimating");
    var results = new ExperimentResults(
        model.Info.Source, model.Info.Fingerprint, settings,
        [.. ExperimentResults.Compare(compared, selections, settings.Ratios)],
        [.. CoverageRow.Measure(model, selections, settings, settings.Ratios.Min())],
        [.. ExperimentResults.Compare(swept, selections[..2], [ExperimentSettings.SweepRatio])]);
    var promises = Promises.Check(results);

    var json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };
    AtomicFile.Write(Path.Combine(folder, "results.json"), stream => JsonSerializer.Serialize(stream, new { results, promises }, json));
    foreach (var (name, svg) in FigureSet.Draw(results))
        File.WriteAllText(Path.Combine(folder, name), svg);
    var report = ExperimentReport.Write(results, promises);
    File.WriteAllText(Path.Combine(folder, "report.md"), report);

    Console.WriteLine(report);
    foreach (var broken in promises.Where(promise => !promise.Holds))
        Console.WriteLine($"not reached: {broken.Text}: {broken.Measured}");
    Log("done");
    return promises.All(promise => promise.Holds) ? 0 : 1;
}
