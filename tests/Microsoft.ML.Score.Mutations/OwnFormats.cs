using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Score.Mutations;

/// <summary>The formats that the product writes itself: policies, tokens, pipelines, and what lets runs go on.</summary>
/// <param name="scratch">Where the files lie.</param>
internal sealed class OwnFormats(TemporaryFolder scratch)
{
    private readonly PlantedModel _model = new();
    private readonly TrainingRow[] _rows = [.. Enumerable.Range(0, 4).Select(number => new TrainingRow(Tokens(number % 2 == 0 ? 1 : 3), "a thing"))];

    public IEnumerable<MutatedFormat> All()
    {
        var policy = scratch.File("policy.safetensors");
        Train(scratch.File("once"), scratch.File("once.jsonl")).Policy.Save(policy);
        yield return MutatedFormat.Of("policy", policy, () => PolicyNetwork.Load(policy));
        foreach (var type in (TensorType[])[TensorType.F32, TensorType.BF16, TensorType.F16])
        {
            var path = scratch.File($"{type}.features.safetensors");
            FeatureFile.Write(path, Tokens(2), type);
            yield return MutatedFormat.Of($"feature file {type}", path, () =>
            {
                FeatureFile.Read(path);
                using var mapped = FeatureFile.Open(path);
                mapped.Gather(new[] { 0 });
            });
        }

        var kept = scratch.File("clip.kept.safetensors");
        KeptTokens.Gather(Tokens(2), new[] { 0, 3, 4 }).Save(kept, "clip.mp4");
        yield return MutatedFormat.Of("kept tokens", kept, () => KeptTokens.Load(kept));
        yield return Pipeline(policy);
        yield return TrainingFile("training checkpoint", folder => Path.Combine(folder, "checkpoint", ScoreTrainer.CheckpointName));
        yield return TrainingFile("training metrics", folder => Path.Combine(folder, "metrics.jsonl"));
        var record = scratch.File("record.jsonl");
        Train(scratch.File("recorded"), record, _rows);
        yield return MutatedFormat.Of("training record", record, () => TrainingRecord.Read(record));
        yield return Records();
    }

    private static VideoTokens Tokens(int steps)
    {
        var grid = new TokenGrid(steps, 1, 3, 0.5);
        return new VideoTokens(grid, PlantedModel.Dimension, Enumerable.Range(0, grid.Count * PlantedModel.Dimension).Select(value => value % 7 / 7f).ToArray(), "0123abcd");
    }

    private TrainingResult Train(string checkpointFolder, string metrics, TrainingRow[]? validation = null) => new ScoreTrainer(_model, new TrainerOptions
    {
        HiddenWidth = 2,
        Rollouts = 2,
        BatchSize = 1,
        WarmUpSteps = 1,
        MainSteps = 1,
        CheckpointFolder = checkpointFolder,
        MetricsPath = metrics,
    }).Fit(_rows, validation);

    /// <summary>A saved pipeline, as the product's own call loads it.</summary>
    private MutatedFormat Pipeline(string policy)
    {
        var context = new MLContext(seed: 1);
        var rows = context.Data.LoadFromEnumerable([new Row()]);
        var path = scratch.File("pipeline.zip");
        context.Model.Save(context.Model.LoadScorePolicy(policy, rows.Schema, "Mask", "Features"), rows.Schema, path);
        return MutatedFormat.Of("pipeline zip", path, () => (new MLContext().Model.LoadScore(path, out _) as IDisposable)?.Dispose());
    }

    /// <summary>A file of a training that has ended, with which the same training goes on: it has nothing left to do.</summary>
    private MutatedFormat TrainingFile(string name, Func<string, string> file)
    {
        var folder = scratch.File(name);
        var (checkpoint, metrics) = (Path.Combine(folder, "checkpoint"), Path.Combine(folder, "metrics.jsonl"));
        Train(checkpoint, metrics);
        var undamaged = new[] { Path.Combine(checkpoint, ScoreTrainer.CheckpointName), metrics }.Where(path => path != file(folder))
            .ToDictionary(path => path, File.ReadAllBytes);
        return MutatedFormat.Of(name, file(folder), () =>
        {
            foreach (var (path, bytes) in undamaged)
                File.WriteAllBytes(path, bytes);
            Train(checkpoint, metrics);
        });
    }

    private MutatedFormat Records()
    {
        var path = scratch.File("records.jsonl");
        var run = new Dictionary<string, string> { ["model"] = "fake", ["seed"] = "1" };
        using (var model = new FakeVideoModel())
        using (var records = BenchmarkRecords.Open(path, run))
            new SyntheticBenchmark(1, [VideoLength.Short]).Evaluate(model, [BenchmarkSystem.AllTokens], new BenchmarkOptions { Records = records });
        return MutatedFormat.Of("evaluation records", path, () => BenchmarkRecords.Open(path, run).Dispose()) with { OtherError = typeof(ArgumentException) };
    }

    private sealed class Row
    {
        [VectorType(2, 1, 3, PlantedModel.Dimension)]
        public float[] Features { get; set; } = new float[2 * 3 * PlantedModel.Dimension];
    }
}
