using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>
/// Trains the model: draw a batch, run each sample forward and backward on its own, add the gradients in the order of the
/// samples (so that the result does not depend on the number of threads), step, log. Stopped at any time, it goes on from the
/// last checkpoint in its folder.
/// </summary>
internal sealed class Trainer
{
    private const int StepsBetweenLogs = 50;

    private static readonly string s_curveHeader =
        $"step,learning_rate,{string.Join(',', BatchScores.Parts.Select(part => $"{part}_loss,{part}_right"))},short_accuracy,medium_accuracy,short_caption_loss,medium_caption_loss";

    private readonly Recipe _recipe;
    private readonly TrainableModel _model;
    private readonly TrainingSamples _samples;
    private readonly Adam _adam;
    private readonly ConcurrentBag<Tape> _tapes = [];
    private readonly float[][] _gradients;
    private readonly List<string> _curve = [s_curveHeader];
    private readonly string _statePath, _curvePath;
    private int _step;
    private double _seconds;

    public Trainer(Recipe recipe, TrainableModel model, TrainingSamples samples, string folder)
    {
        _recipe = recipe;
        _model = model;
        _samples = samples;
        _adam = new Adam(model.Parameters.Count);
        _gradients = [.. Enumerable.Range(0, recipe.BatchSize).Select(_ => new float[model.Parameters.Count])];
        _statePath = Path.Combine(folder, "training-state.safetensors");
        _curvePath = Path.Combine(folder, "loss-curve.csv");
        if (File.Exists(_statePath))
            Resume();
    }

    /// <summary>Seconds of training so far, those before a resume included.</summary>
    public double Seconds => _seconds;

    /// <summary>Trains to the end, telling of progress line by line.</summary>
    public void Run(Action<string> log)
    {
        var clock = Stopwatch.StartNew();
        var secondsBefore = _seconds;
        var sums = new BatchScores();
        while (_step < _recipe.Steps)
        {
            _step++;
            sums.Add(Step());
            _seconds = secondsBefore + clock.Elapsed.TotalSeconds;

            var isEvaluated = _step % _recipe.StepsBetweenEvaluations == 0 || _step == _recipe.Steps;
            if (!isEvaluated && _step % StepsBetweenLogs != 0)
                continue;
            var line = string.Create(CultureInfo.InvariantCulture, $"{_step},{_recipe.LearningRate(_step):G4},{sums}");
            log(string.Create(CultureInfo.InvariantCulture, $"step {_step}/{_recipe.Steps}, {_seconds:F0} s: {sums.Describe()}"));
            sums = new BatchScores();
            if (isEvaluated)
            {
                var evaluation = Evaluation.Run(_model, _samples, SyntheticSplit.Validation, [VideoLength.Short, VideoLength.Medium], _recipe.ValidationVideos);
                log(evaluation.ToString());
                line += string.Create(CultureInfo.InvariantCulture, $",{evaluation.Accuracy(VideoLength.Short):F4},{evaluation.Accuracy(VideoLength.Medium):F4},{evaluation.CaptionLoss[VideoLength.Short]:F4},{evaluation.CaptionLoss[VideoLength.Medium]:F4}");
            }

            _curve.Add(line + (isEvaluated ? "" : ",,,,"));
            if (isEvaluated)
                Save();
        }
    }

    private BatchScores Step()
    {
        var scores = new BatchScores[_recipe.BatchSize];
        Parallel.For(0, _recipe.BatchSize, i =>
        {
            var tape = _tapes.TryTake(out var used) ? used : new Tape(_model.Parameters);
            tape.Clear();
            var sequence = _samples.Draw((_step - 1) * _recipe.BatchSize + i);
            var sample = _model.Forward(tape, sequence, _recipe.AuxiliaryWeight);
            _gradients[i].AsSpan().Clear();
            tape.Backward(_gradients[i]);
            _tapes.Add(tape);
            scores[i] = BatchScores.Of(sequence, sample);
        });

        var sum = _gradients[0].AsSpan();
        for (var i = 1; i < _gradients.Length; i++)
            TensorPrimitives.Add(sum, _gradients[i], sum);
        TensorPrimitives.Divide(sum, _recipe.BatchSize, sum);
        _adam.Step(_model.Parameters.Values, sum, _step, _recipe.LearningRate(_step));

        var total = new BatchScores();
        foreach (var score in scores)
            total.Add(score);
        return total;
    }

    private void Save()
    {
        int[] shape = [_model.Parameters.Count];
        var metadata = new Dictionary<string, string>
        {
            ["step"] = _step.ToString(CultureInfo.InvariantCulture),
            ["seconds"] = _seconds.ToString(CultureInfo.InvariantCulture),
        };
        AtomicFile.Write(_curvePath, stream => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', _curve) + "\n")));
        SafetensorsWriter.Write(_statePath, [TensorData.FromSingle("values", shape, _model.Parameters.Values), TensorData.FromSingle("mean", shape, _adam.Mean), TensorData.FromSingle("square", shape, _adam.Square)], metadata);
    }

    private void Resume()
    {
        using var state = SafetensorsFile.Open(_statePath);
        if (state.Tensors["values"].Shape[0] != _model.Parameters.Count)
            throw new InvalidDataException($"{_statePath} holds {state.Tensors["values"].Shape[0]} weights, the model has {_model.Parameters.Count}; remove it to start anew.");
        state.ReadSingle("values").CopyTo(_model.Parameters.Values);
        state.ReadSingle("mean").CopyTo(_adam.Mean, 0);
        state.ReadSingle("square").CopyTo(_adam.Square, 0);
        _step = int.Parse(state.Metadata["step"], CultureInfo.InvariantCulture);
        _seconds = double.Parse(state.Metadata["seconds"], CultureInfo.InvariantCulture);
        _curve.Clear();
        _curve.AddRange(File.ReadAllLines(_curvePath));
    }
}
