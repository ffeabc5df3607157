// The experiment behind docs/experiment.md: trains SCORE and its ablations over several seeds on the synthetic world, then asks the same
// held-out questions under every selection. Trained policies stay in the output folder, so that a stopped run goes on where it was.
//
//   dotnet run --project tests/Microsoft.ML.Score.Experiment -- --output artifacts/experiment

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Experiment;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

var output = new Option<string>("--output") { Description = "Folder of policies, records and report.", DefaultValueFactory = _ => "artifacts/experiment" };
var modelSource = new Option<string>("--model") { Description = "\"tiny\" or a checkpoint folder.", DefaultValueFactory = _ => "tiny" };
var seeds = new Option<int>("--seeds") { Description = "Seeds of SCORE and of the untrained policy.", DefaultValueFactory = _ => 5 };
var ablationSeeds = new Option<int>("--ablation-seeds") { Description = "Seeds of each ablation.", DefaultValueFactory = _ => 3 };
var videos = new Option<int>("--videos") { Description = "Held-out videos of each length, eight questions each.", DefaultValueFactory = _ => 63 };
var lengths = new Option<VideoLength[]>("--lengths") { Description = "Lengths of the held-out videos.", DefaultValueFactory = _ => [VideoLength.Short, VideoLength.Medium] };
var trainingVideos = new Option<int>("--training-videos") { Description = "Videos to train on.", DefaultValueFactory = _ => 800 };
var warmUpSteps = new Option<int>("--warm-up-steps") { Description = "Steps on pseudo-videos.", DefaultValueFactory = _ => new TrainerOptions().WarmUpSteps };
var mainSteps = new Option<int>("--main-steps") { Description = "Steps on videos.", DefaultValueFactory = _ => new TrainerOptions().MainSteps };

var root = new RootCommand("Trains SCORE and its ablations on the synthetic world and compares them with every control.")
{
    output, modelSource, seeds, ablationSeeds, videos, lengths, trainingVideos, warmUpSteps, mainSteps,
};
root.SetAction(Run);
return root.Parse(args).Invoke();

int Run(ParseResult parsed)
{
    var folder = Directory.CreateDirectory(parsed.GetValue(output)!).FullName;
    var (warmUp, main) = (parsed.GetValue(warmUpSteps), parsed.GetValue(mainSteps));
    var watch = Stopwatch.StartNew();
    using var model = VideoModel.Load(parsed.GetValue(modelSource)!);
    var data = new Lazy<TrainingData>(() => TrainingData.Encode(model, images: 400, parsed.GetValue(trainingVideos)));

    PolicyNetwork[] Train(string name, int count, Func<int, TrainerOptions> options) =>
        [.. Enumerable.Range(1, count).Select(seed => TrainOrLoad(model, data, Path.Combine(folder, $"{name}-{seed}.safetensors"), options(seed), watch))];

    // An ablation sees as many videos as the whole curriculum does.
    var trained = Train("score", parsed.GetValue(seeds), seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp, MainSteps = main });
    var pseudoOnly = Train("pseudo-only", parsed.GetValue(ablationSeeds), seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp + main, UseMainStage = false });
    var realOnly = Train("real-only", parsed.GetValue(ablationSeeds), seed => new TrainerOptions { Seed = seed, MainSteps = warmUp + main, UseWarmUp = false });
    var noResidual = Train("no-residual", parsed.GetValue(ablationSeeds), seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp, MainSteps = main, UseResidual = false });
    var untrained = Enumerable.Range(1, parsed.GetValue(seeds)).Select(seed => PolicyNetwork.Initialize(model.Info.Dimension, seed: seed, encoderFingerprint: model.Info.Fingerprint));

    double[] ratios = [0.40, 0.25, 0.10];
    long[] controlSeeds = [1, 2, 3, 4, 5];
    Competitor Policies(string name, IEnumerable<PolicyNetwork> policies, bool isControl) => new(name, [.. policies.Select(policy => new ScoreCompressor(policy))], ratios, isControl);
    Competitor[] competitors =
    [
        Policies("SCORE", trained, isControl: false),
        Policies("pseudo-videos only", pseudoOnly, isControl: false),
        Policies("videos only", realOnly, isControl: false),
        Policies("without residual", noResidual, isControl: false),
        Policies("untrained policy", untrained, isControl: true),
        new("random", [.. controlSeeds.Select(seed => new RandomCompressor(seed))], ratios, isControl: true),
        new("jittered uniform", [.. controlSeeds.Select(seed => new JitteredUniformCompressor(seed))], ratios, isControl: true),
        new("largest residual", [new LargestResidualCompressor()], ratios, isControl: true),
        new("EVS", [new EvsCompressor()], ratios, isControl: true),
    ];
    competitors = [.. competitors.Where(competitor => competitor.Systems.Any())];

    var benchmark = new SyntheticBenchmark(parsed.GetValue(videos), parsed.GetValue(lengths));
    Log(watch, $"evaluating {benchmark.Count} videos under {1 + competitors.Sum(competitor => competitor.Systems.Count())} systems");
    var result = benchmark.Evaluate(model, [BenchmarkSystem.AllTokens, .. competitors.SelectMany(competitor => competitor.Systems)],
        progress: new EveryTenth(benchmark.Count, done => Log(watch, $"{done} of {benchmark.Count} videos")));

    var report = new ExperimentReport(result, competitors, ratios);
    var preamble = string.Create(CultureInfo.InvariantCulture,
        $"Model \"{model.Info.Source}\" ({model.Info.Fingerprint[..12]}), {warmUp} warm-up and {main} main steps of {new TrainerOptions().BatchSize} videos, {parsed.GetValue(trainingVideos)} training videos, tested on {benchmark.Count} videos with {result.Questions.Count(question => question.System == BenchmarkSystem.AllTokens)} questions. Intervals are 95%, bootstrapped over videos; differences are paired by question.");
    var markdown = report.Write(preamble);
    File.WriteAllText(Path.Combine(folder, "report.md"), markdown);
    Console.WriteLine(markdown);
    var broken = report.BrokenPromises();
    foreach (var promise in broken)
        Console.WriteLine($"not reached: {promise}");
    Log(watch, "done");
    return broken.Count == 0 ? 0 : 1;
}

static PolicyNetwork TrainOrLoad(IVideoLanguageModel model, Lazy<TrainingData> data, string path, TrainerOptions options, Stopwatch watch)
{
    if (File.Exists(path))
        return PolicyFile.Load(path);

    var result = new ScoreTrainer(model, options).Fit(data.Value.Training, data.Value.Validation);
    PolicyFile.Save(path, result.Policy);
    Log(watch, string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(path)}: validation cross-entropy {result.BestCrossEntropy:0.000}"));
    return result.Policy;
}

static void Log(Stopwatch watch, string message) => Console.Error.WriteLine($"[{watch.Elapsed:mm\\:ss}] {message}");
