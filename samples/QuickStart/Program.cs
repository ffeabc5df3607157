// The whole product in one run, on the embedded model and clips made in memory:
//   dotnet run --project samples/QuickStart                       trains, compares, saves, loads, answers
//   dotnet run --project samples/QuickStart -- --video FILE       the same, then compresses a video file (needs ffmpeg)

using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.QuickStart;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

if (args is not ([] or ["--quick"] or ["--video", _] or ["--quick", "--video", _]))
{
    Console.Error.WriteLine("usage: QuickStart [--quick] [--video FILE]   (--quick: a few steps only, to see that everything runs)");
    return 2;
}

var quick = args.Contains("--quick");
var videoFile = args is [.., "--video", var file] ? file : null;
var watch = Stopwatch.StartNew();

// 1. Training rows: still images for the warm-up stage, videos for the main stage, each with a caption. Nothing is labelled.
var ml = new MLContext(seed: 1);
ml.Log += (_, message) =>
{
    if (message.Kind != Microsoft.ML.Runtime.ChannelMessageKind.Trace)
        Console.WriteLine($"[{watch.Elapsed:mm\\:ss}] {message.RawMessage}");
};
var training = ml.Data.LoadFromEnumerable(ClipRow.Training(images: 100, videos: quick ? 16 : 400));
var validation = ml.Data.LoadFromEnumerable(ClipRow.Videos(SyntheticSplit.Validation, quick ? 2 : 16));

// 2. Fit: the frozen encoder, then the two-stage reinforcement learning, then answering from the kept tokens.
using var model = VideoModel.Load("tiny");
var encode = ml.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Cache = null }); // not kept on the disk: these few stay in memory
var encodedTraining = ml.Data.Cache(encode.Fit(training).Transform(training));
var encodedValidation = ml.Data.Cache(encode.Fit(validation).Transform(validation));
var compress = ml.Transforms.ScoreCompress(ml, "Mask", "Features", captionColumnName: "Caption", model, new ScoreOptions
{
    RetentionRatio = 0.10,
    ValidationSet = encodedValidation,
    Training = quick ? new TrainerOptions { WarmUpSteps = 2, MainSteps = 2 } : new TrainerOptions(),
});
var compressor = compress.Fit(encodedTraining);
var answer = ml.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model).Fit(compressor.Transform(encodedTraining));
ITransformer fitted = new TransformerChain<ITransformer>(encode.Fit(training), compressor, answer);

// 3. How good it is.
Console.WriteLine();
ResultsTable.Print(model, compressor.Policy, videosPerLength: quick ? 2 : 25);

// 4. Save, and load as another program would: with an MLContext and nothing else.
var zip = Path.Combine(Path.GetTempPath(), "score-quickstart.zip");
ml.Model.Save(fitted, training.Schema, zip);
Console.WriteLine();
Console.WriteLine($"Saved {zip} ({new FileInfo(zip).Length / 1024} KB) and loaded it in a fresh MLContext. Three questions, answered from 10% of the tokens:");
var fresh = new MLContext();
var loaded = fresh.Model.Load(zip, out _);
using var engine = fresh.Model.CreatePredictionEngine<ClipRow, AnsweredClip>(loaded);
for (var index = 0; index < 3; index++)
{
    var video = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index);
    var question = SyntheticQuestions.Of(video)[index];
    var prediction = engine.Predict(ClipRow.From(video, question.Text));
    Console.WriteLine();
    Console.WriteLine($"  {video.Caption}");
    Console.WriteLine($"  {question.Text}  ->  {prediction.Answer}  (right: {question.Options[question.AnswerIndex]})");
    Console.WriteLine(MaskText.Steps(prediction.Mask, prediction.Grid));
}

// 5. A video file.
if (videoFile is not null)
{
    var files = ml.Transforms.EncodeVideo("Features", "Path", model).Append(ml.Transforms.ApplyScorePolicy("Mask", "Features", compressor.Policy));
    var row = ml.Data.LoadFromEnumerable([new FileRow { Path = videoFile }]);
    var compressed = ml.Data.CreateEnumerable<CompressedFile>(files.Fit(row).Transform(row), reuseRowObject: false).Single();
    Console.WriteLine($"{videoFile}: kept {compressed.Mask.Count(kept => kept)} of {compressed.Mask.Length} tokens. Moments:");
    Console.Write(MaskText.Moments(compressed.Mask, compressed.Grid));
    Console.WriteLine("Regions, summed over time:");
    Console.WriteLine(MaskText.Regions(compressed.Mask, compressed.Grid));
}

Console.WriteLine($"Done in {watch.Elapsed:mm\\:ss}.");
return 0;
