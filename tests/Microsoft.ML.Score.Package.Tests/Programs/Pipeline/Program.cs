using Microsoft.ML;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

var ml = new MLContext(seed: 1);
var (zip, masks) = (args[1], args[2]);
if (args[0] == "train")
{
    using var model = VideoModel.Load("tiny");
    var images = Enumerable.Range(0, 16).Select(index => ClipRow.From(SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, index)));
    var videos = Enumerable.Range(0, 8).Select(index => ClipRow.From(SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, index)));
    var training = ml.Data.LoadFromEnumerable(images.Concat(videos).ToArray());
    var pipeline = ml.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { FramesPerSecond = 2 })
        .Append(ml.Transforms.ScoreCompress(ml, "Mask", "Features", captionColumnName: "Caption", model,
            new ScoreOptions { RetentionRatio = 0.10, Training = new TrainerOptions { WarmUpSteps = 2, MainSteps = 2 } }));
    var fitted = pipeline.Fit(training);
    File.WriteAllLines(masks, Predict(fitted));
    ml.Model.Save(fitted, training.Schema, zip);
    Console.WriteLine($"saved {new FileInfo(zip).Length} bytes");
}
else
{
    var expected = File.ReadAllLines(masks);
    Report("Model.Load", ml.Model.Load(zip, out _));
    Report("LoadScore", ml.Model.LoadScore(zip, out _));

    void Report(string how, ITransformer loaded) =>
        Console.WriteLine($"{how}: {Predict(loaded).Zip(expected).Count(pair => pair.First == pair.Second)} of {expected.Length} masks as saved");
}

string[] Predict(ITransformer transformer)
{
    // The transformer is used again, so the engine must not dispose it.
    using var engine = ml.Model.CreatePredictionEngine<ClipRow, Compressed>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
    return [.. ClipRow.Test().Select(row => engine.Predict(row).ToString())];
}
