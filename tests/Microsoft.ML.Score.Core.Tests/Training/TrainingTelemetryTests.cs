using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score.Training;

/// <summary>What those who watch by meter and activities see is what the metrics record says.</summary>
[TestFixture]
[NonParallelizable]
public class TrainingTelemetryTests
{
    [Test]
    public void Fit_MeterListener_SeesTheNumbersOfTheProgress()
    {
        using var seen = new Measurements();
        List<StepMetrics> steps = [];
        List<ValidationMetrics> validations = [];

        ScoreTrainerTests.Train(ScoreTrainerTests.Small(), progress: new Reporter(progress =>
        {
            if (progress.Metrics is { } step)
                steps.Add(step);
            if (progress.Validation is { } validation)
                validations.Add(validation);
        }));

        Assert.That(seen.Of("score.train.steps"), Is.EqualTo(Enumerable.Repeat(1.0, 7)));
        Assert.That(seen.Of("score.train.rollouts"), Is.EqualTo(Enumerable.Repeat(8.0, 7))); // 2 videos of 4 rollouts
        Assert.That(seen.Of("score.train.step.duration"), Is.EqualTo(steps.Select(step => step.Seconds)));
        Assert.That(seen.Of("score.train.reward"), Is.EqualTo(steps.Select(step => step.PerformanceReward)));
        Assert.That(seen.Of("score.train.retention"), Is.EqualTo(steps.Select(step => step.Retention)));
        Assert.That(seen.Of("score.train.cross_entropy"), Is.EqualTo(steps.Select(step => step.CrossEntropy)));
        Assert.That(seen.Of("score.train.base_cross_entropy"), Is.EqualTo(steps.Select(step => step.BaseCrossEntropy)));
        Assert.That(seen.Of("score.train.validation.cross_entropy"), Is.EqualTo(validations.Select(validation => validation.CrossEntropy)));
        Assert.That(seen.Of("score.train.validation.duration"), Is.EqualTo(validations.Select(validation => validation.Seconds)));
        Assert.That(seen.Tags("score.train.steps", "score.train.stage"), Is.EqualTo(Enumerable.Repeat("warm_up", 3).Concat(Enumerable.Repeat("main", 4))));
        Assert.That((seen.Unit("score.train.step.duration"), seen.Unit("score.train.steps")), Is.EqualTo(("s", "{step}")));
    }

    [Test]
    public void Fit_ActivityListener_SeesStepsAndValidationsWithinTheTraining()
    {
        using var seen = new Activities();

        var result = ScoreTrainerTests.Train(ScoreTrainerTests.Small());

        var training = seen.Ended.Single(activity => activity.OperationName == "score.train");
        var steps = seen.Ended.Where(activity => activity.OperationName == "score.train.step").ToList();
        Assert.That(steps.Select(step => step.GetTagItem("score.train.step")), Is.EqualTo(Enumerable.Range(1, 7)));
        Assert.That(seen.Ended.Count(activity => activity.OperationName == "score.train.validation"), Is.EqualTo(5));
        Assert.That(seen.Ended.Where(activity => activity != training).Select(activity => activity.ParentSpanId), Is.All.EqualTo(training.SpanId));
        Assert.That(seen.Ended.Select(activity => activity.Status), Is.All.EqualTo(ActivityStatusCode.Ok));
        Assert.That(
            (training.GetTagItem("score.model"), training.GetTagItem("score.train.steps"), training.GetTagItem("score.train.went_wrong"), training.GetTagItem("score.retention_ratio")),
            Is.EqualTo(("planted", result.Steps, result.WentWrong, 0.10)));
    }

    [Test]
    public void Fit_ModelThatFails_MarksTheActivitiesThatFailed()
    {
        using var seen = new Activities();
        var model = new PlantedModel();
        model.BeforeCall = () => { if (model.Calls == 12) throw new IOException("stop"); };

        Assert.That(() => ScoreTrainerTests.Train(ScoreTrainerTests.Small(), model: model), Throws.TypeOf<IOException>());

        Assert.That(seen.Ended[^2..].Select(activity => (activity.OperationName, activity.Status)),
            Is.EqualTo(new[] { ("score.train.step", ActivityStatusCode.Error), ("score.train", ActivityStatusCode.Error) }));
    }

    [Test]
    public void Operation_NobodyListens_AllocatesNothing()
    {
        Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Measure();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        static void Measure()
        {
            using var measured = MeasuredOperation.Encode.Start("tiny");
            measured.Done(3);
        }
    }

    [Test]
    public void EmbeddedModel_EncodesAndAnswers_TellsTokensAndTimes()
    {
        using var model = VideoModel.Load("tiny");
        using var measurements = new Measurements();
        using var activities = new Activities();

        var video = model.Encode(Synthetic.SyntheticWorld.Generate(Synthetic.SyntheticSplit.Test, Synthetic.VideoLength.Short, 0).Clip);
        var kept = new Compression.ScoreCompressor(Policy.PolicyNetwork.Pretrained(model.Info)!).Compress(video, 0.1);
        model.Generate(kept, "What colour is the circle?", new GenerationOptions { MaxNewTokens = 3 });

        Assert.That(measurements.Of("score.encode.tokens"), Is.EqualTo(new double[] { video.Grid.Count }));
        Assert.That(measurements.Of("score.compress.tokens"), Is.EqualTo(new double[] { kept.Count }));
        Assert.That(measurements.Of("score.generate.tokens").Single(), Is.InRange(1, 3));
        double[] durations = [.. measurements.Of("score.encode.duration"), .. measurements.Of("score.compress.duration"), .. measurements.Of("score.generate.duration")];
        Assert.That(durations, Has.Length.EqualTo(3));
        Assert.That(durations, Is.All.InRange(1e-7, 600));
        Assert.That(activities.Ended.Select(activity => activity.OperationName), Is.EqualTo(new[] { "score.encode", "score.compress", "score.generate" }));
        Assert.That(activities.Ended[0].GetTagItem("score.model"), Is.EqualTo("tiny"));
    }

    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)> _all = [];

        public Measurements()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ScoreTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => _all.Add((instrument, value, tags.ToArray())));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _all.Add((instrument, value, tags.ToArray())));
            _listener.Start();
        }

        public List<double> Of(string name) => [.. _all.Where(measured => measured.Instrument.Name == name).Select(measured => measured.Value)];

        public IEnumerable<object?> Tags(string name, string tag) => _all.Where(measured => measured.Instrument.Name == name).Select(measured => measured.Tags.Single(given => given.Key == tag).Value);

        public string? Unit(string name) => _all.First(measured => measured.Instrument.Name == name).Instrument.Unit;

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Activities : IDisposable
    {
        private readonly ActivityListener _listener;

        public Activities()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == ScoreTelemetry.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = Ended.Add,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Ended { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
