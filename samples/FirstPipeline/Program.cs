using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;

var ml = new MLContext(seed: 1);
ml.Log += (_, e) => { if (e.Kind >= Microsoft.ML.Runtime.ChannelMessageKind.Info) Console.WriteLine(e.RawMessage); };

// Captioned clips, made in memory: 60 stills for the warm-up stage, 100 videos for the main stage.
var stills = Enumerable.Range(0, 60).Select(i => Clip.From(SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, i)));
var videos = Enumerable.Range(0, 100).Select(i => Clip.From(SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, i)));
IDataView trainingRows = ml.Data.LoadFromEnumerable(stills.Concat(videos));

using var model = VideoModel.Load("tiny");              // or a folder with a Hugging Face Qwen3-VL / Qwen2.5-VL / LLaVA-Video checkpoint
var pipeline = ml.Transforms.EncodeVideo("Features", "Video", model)                        // frozen vision encoder
    .AppendCacheCheckpoint(ml)                                                                // encode each clip once
    .Append(ml.Transforms.ScoreCompress(ml, "Mask", "Features", captionColumnName: "Caption", model,
            new ScoreOptions { RetentionRatio = 0.10 }))                                     // Fit = two-stage curriculum RL
    .Append(ml.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model)); // frozen LLM on kept tokens
ITransformer fitted = pipeline.Fit(trainingRows);
ml.Model.Save(fitted, trainingRows.Schema, "score.zip");

ITransformer loaded = new MLContext().Model.Load("score.zip", out _); // as another program would
using var engine = ml.Model.CreatePredictionEngine<Clip, Answered>(loaded);
SyntheticVideo test = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0);
var question = SyntheticQuestions.Of(test)[0];
Answered answered = engine.Predict(Clip.From(test, question.Text));
Console.WriteLine($"{question.Text} -> {answered.Answer} (from {answered.Mask.Count(kept => kept)} of {answered.Mask.Length} tokens)");

internal sealed class Clip
{
    [VectorType(0, 48, 48, 3)] public byte[] Video { get; set; } = []; // RGB frames; or a string with the path of a video file
    public string Caption { get; set; } = "";
    public string Question { get; set; } = "";

    public static Clip From(SyntheticClip clip, string question = "") => new() { Video = clip.Clip.ReadAllFrames(), Caption = clip.Caption, Question = question };
}

internal sealed class Answered
{
    public bool[] Mask { get; set; } = [];
    public string Answer { get; set; } = "";
}
