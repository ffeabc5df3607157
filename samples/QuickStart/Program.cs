// The whole product in one run, on the embedded model and clips made in memory:
//   dotnet run --project samples/QuickStart                       trains, compares, saves, loads, answers, and writes reports to open
//   dotnet run --project samples/QuickStart -- --video FILE       the same, and compresses a video file of yours (needs ffmpeg)
//   dotnet run --project samples/QuickStart -- --quick            a few steps only, to see that everything runs

using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.QuickStart;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;
using Microsoft.ML.Score.Video;

if (args is not ([] or ["--quick"] or ["--video", _] or ["--quick", "--video", _]))
{
    Console.Error.WriteLine("usage: QuickStart [--quick] [--video FILE]   (--quick: a few steps only; --video: compress a video file of yours too)");
    return 2;
}

var quick = args.Contains("--quick");
var videoFile = args is [.., "--video", var named] ? named : null;
var watch = Stopwatch.StartNew();
var folder = Directory.CreateTempSubdirectory("score-quickstart-").FullName;
var metrics = Path.Combine(folder, "metrics.jsonl");

// 1. Training rows: still images for the warm-up stage, videos for the main stage, each with a caption. Nothing is labelled.
var ml = new MLContext(seed: 1);
IDataView trainingRows = ml.Data.LoadFromEnumerable(ClipRow.Training(images: 100, videos: quick ? 16 : 400));
IDataView validationRows = ml.Data.LoadFromEnumerable(ClipRow.Videos(SyntheticSplit.Validation, quick ? 2 : 16));

// 2. Fit: the frozen encoder, then two-stage reinforcement learning, then answering from the kept tokens.
using var model = VideoModel.Load("tiny");
var encode = ml.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Cache = null }); // not kept on the disk: these few stay in memory
var compress = ml.Transforms.ScoreCompress(ml, "Mask", "Features", captionColumnName: "Caption", model, new ScoreOptions
{
    RetentionRatio = 0.10,
    ValidationSet = ml.Data.Cache(encode.Fit(validationRows).Transform(validationRows)),
    Training = quick ? new TrainerOptions { WarmUpSteps = 2, MainSteps = 2, MetricsPath = metrics } : new TrainerOptions { MetricsPath = metrics },
    Progress = new StepLines(every: quick ? 2 : 40),
});
Console.WriteLine("Training a policy for the embedded model: first on stills, then on videos.");
var encodedRows = ml.Data.Cache(encode.Fit(trainingRows).Transform(trainingRows));
var compressor = compress.Fit(encodedRows);
var answer = ml.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model).Fit(compressor.Transform(encodedRows));
ITransformer fitted = new TransformerChain<ITransformer>(encode.Fit(trainingRows), compressor, answer);

// 3. How good it is, on videos that no training saw.
Console.WriteLine();
ResultsTable.Print(model, compressor.Policy, videosPerLength: quick ? 2 : 25);

// 4. Save, and load as another program would: with an MLContext and nothing else.
var zip = Path.Combine(folder, "score.zip");
ml.Model.Save(fitted, trainingRows.Schema, zip);
var fresh = new MLContext();
using var engine = fresh.Model.CreatePredictionEngine<ClipRow, AnsweredClip>(fresh.Model.Load(zip, out _));
Console.WriteLine();
Console.WriteLine($"Saved as {zip}, loaded again, and asked:");
for (var index = 0; index < 3; index++)
{
    var video = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index);
    var question = SyntheticQuestions.Of(video)[index];
    var answered = engine.Predict(ClipRow.From(video, question.Text));
    Console.WriteLine($"  {question.Text} -> {answered.Answer} (right: {question.Options[question.AnswerIndex]}; {answered.Mask.Count(kept => kept)} of {answered.Mask.Length} tokens)");
}

// 5. Reports: how training went, and what is kept of a clip, beside a rival.
var training = Path.Combine(folder, "training.html");
TrainingPage.Write(TrainingRecord.Read(metrics), training);
var kept = Path.Combine(folder, "kept.html");
WriteMasks(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Medium, 0).Clip, "a synthetic clip", kept);
Console.WriteLine();
Console.WriteLine("Open in a browser:");
Console.WriteLine($"  {kept}   what is kept of a clip, at any ratio");
Console.WriteLine($"  {training}   how training went");
if (videoFile is not null)
{
    var own = Path.Combine(folder, "video.html");
    WriteMasks(VideoFile.Open(videoFile), Path.GetFileName(videoFile), own);
    Console.WriteLine($"  {own}   what is kept of {videoFile}; the embedded model knows nothing of real video");
}
else
{
    Console.WriteLine("With -- --video FILE a clip of yours is compressed too; with -- --quick this takes seconds.");
}

Console.WriteLine($"Done in {watch.Elapsed:mm\\:ss}.");
return 0;

void WriteMasks(VideoClip clip, string title, string path)
{
    var video = model.Encode(clip);
    var rival = CompressionMethod.VidCom2;
    new MaskReport(title, video.Grid,
    [
        TokenSelection.OfScores("SCORE", compressor.Policy.Logits(video)),
        TokenSelection.OfMasks(rival.Name, [.. new[] { 0.05, 0.10, 0.25, 0.50 }.Select(ratio => (ratio, rival.Create().Compress(video, ratio).ToMask()))]),
    ])
    {
        Pictures = StepPictures.Read(clip, video.Grid, model.SampledFrames(clip)),
        Facts = [new("Model", model.Info.Source), new("Policy", "trained by QuickStart")],
    }.Write(path);
}
