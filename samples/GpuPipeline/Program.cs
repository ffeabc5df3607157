// Two users of one GPU in a pipeline: our frozen video-language model answers questions from a tenth of the tokens, and ML.NET's own text
// classification, fine-tuned on the answers, sorts them.
//   dotnet run --project samples/GpuPipeline                                  on the CPU
//   dotnet run --project samples/GpuPipeline -p:TorchRuntime=cuda-linux       on an NVIDIA GPU
// ML.NET fetches the weights of its text model when it is first used.

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.TorchSharp;
using Microsoft.ML.TorchSharp;

var ml = new MLContext(seed: 1) { GpuDeviceId = 0, FallbackToCpu = true };
ComputeBackend backend = ml.GpuDeviceId is { } gpu && (TorchSharpBackend.IsCudaAvailable(gpu) || !ml.FallbackToCpu)
    ? TorchSharpBackend.Cuda(gpu)
    : TorchSharpBackend.Cpu;
Console.WriteLine($"The video-language model computes on {backend}.");

using var model = VideoModel.Load("tiny", new VideoModelOptions { Backend = backend });      // or a folder with a Qwen2.5-VL checkpoint
var rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).SelectMany(Asked.About));
var pipeline = ml.Transforms.EncodeVideo("Features", "Video", model, new EncodeVideoOptions { Cache = null })
    .Append(ml.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Pretrained(model.Info), new ScorePolicyOptions { RetentionRatio = 0.10 }))
    .Append(ml.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model))
    .AppendCacheCheckpoint(ml)
    .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Category"))
    .Append(ml.MulticlassClassification.Trainers.TextClassification(labelColumnName: "Label", sentence1ColumnName: "Answer", maxEpochs: 2))
    .Append(ml.Transforms.Conversion.MapKeyToValue("Sort", "PredictedLabel"));

try
{
    var sorted = pipeline.Fit(rows).Transform(rows);
    foreach (var row in ml.Data.CreateEnumerable<Sorted>(sorted, reuseRowObject: false).Take(8))
        Console.WriteLine($"{row.Question} -> {row.Answer} ({row.Sort}, rightly {row.Category})");
    return 0;
}
catch (InvalidOperationException exception) when (exception.Message.Contains("download", StringComparison.OrdinalIgnoreCase))
{
    Console.Error.WriteLine($"The answers are there, but ML.NET could not fetch its text model: {exception.Message.Split('\n')[0]}");
    return 1;
}

internal sealed class Asked
{
    [VectorType(0, 48, 48, 3)] public byte[] Video { get; set; } = [];
    public string Question { get; set; } = "";
    public string Category { get; set; } = "";

    public static IEnumerable<Asked> About(int index)
    {
        var video = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, index);
        return SyntheticQuestions.Of(video).Select(question => new Asked { Video = video.Clip.ReadAllFrames(), Question = question.Text, Category = question.Category });
    }
}

internal sealed class Sorted
{
    public string Question { get; set; } = "";
    public string Category { get; set; } = "";
    public string Answer { get; set; } = "";
    public string Sort { get; set; } = "";
}
