// What docs show, compiled. DocumentationTests holds every C# block of theirs to one of the regions below, indentation aside; README shows
// samples/FirstPipeline as it stands.

using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Datasets.Training;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.TorchSharp;
using Microsoft.ML.Score.Training;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Documentation;

internal static class Snippets
{
    public static void PublicBenchmark(IVideoLanguageModel model, BenchmarkSystem[] systems)
    {
        #region public benchmark
        var benchmark = Benchmarks.Open("mlvu-dev", "MLVU/json", "MLVU/video");
        Console.WriteLine($"{benchmark.Count} videos, {benchmark.MissingVideos.Count} missing, {benchmark.LeftOut.Count} questions left out, chance {benchmark.ChanceLevel:P1}");
        BenchmarkResult result = BenchmarkResult.Of(benchmark.Evaluate(model, systems));
        foreach (var system in result.Systems)
            foreach (var metric in system.Benchmarks[0].Metrics)
                Console.WriteLine($"{system.Name}, {metric.Name}: {metric.Estimate.Value:P1} ({metric.Estimate.Low:P1} to {metric.Estimate.High:P1})");
        #endregion
    }

    public static void MaskReport(IVideoLanguageModel model, PolicyNetwork policy)
    {
        #region mask report
        VideoClip clip = VideoFile.Open("clip.mp4");
        VideoTokens video = model.Encode(clip);
        var report = new MaskReport("clip.mp4", video.Grid,
        [
            TokenSelection.OfScores("SCORE", policy.Logits(video)),                                    // any ratio
            TokenSelection.OfMasks("VidCom2", [(0.10, CompressionMethod.VidCom2.Create().Compress(video, 0.10).ToMask())]),
        ])
        {
            RetentionRatio = 0.10,
            Pictures = StepPictures.Read(clip, video.Grid, model.SampledFrames(clip)),                 // which frames the model saw
        };
        report.Write("clip.html");                                                                     // or .png, .gif, .mp4
        #endregion
    }

    public static void LlavaVideo(VideoClip clip)
    {
        #region llava video
        using var model = VideoModel.Load("LLaVA-Video-7B-Qwen2", new VideoModelOptions
        {
            LlavaVideo = new LlavaVideoOptions { SpatialPoolMode = SpatialPoolMode.Average, MaxFrames = 64 },
        });
        VideoTokens video = model.Encode(clip);             // 64 x 13 x 13 tokens of 3584 values
        string answer = model.Generate(KeptTokens.All(video), "What happens in the video?");
        #endregion
    }

    public static void Qwen3VL(VideoClip clip)
    {
        #region qwen3-vl
        using var model = VideoModel.Load("Qwen3-VL-8B-Instruct", new VideoModelOptions
        {
            QwenVideo = new QwenVideoOptions { MaxFrames = 64 },
            Qwen3VL = new Qwen3VLOptions { FrameRules = Qwen3VLFrameRules.HuggingFace },
        });
        VideoTokens video = model.Encode(clip);             // vectors, 3 DeepStack tensors and the time of each step
        FeatureFile.Write("clip.safetensors", video);       // holds all of them
        #endregion
    }

    public static IDataView TrainingData(MLContext ml)
    {
        #region training data
        var rows = TrainingSet.Read("llava_video_178k.json", TrainingSetFormat.Llava, "videos", skipDamaged: true, skipped => Console.WriteLine($"{skipped.Place}: {skipped.Message}"));
        IDataView training = ml.Data.LoadFromEnumerable(rows); // Path, Caption, IsStill, Name; the file is read anew by each cursor
        #endregion
        return training;
    }

    public static IEstimator<ITransformer> OwnParts(MLContext ml)
    {
        #region own parts
        var pipeline = ml.Transforms.ApplyOnnxModel("FeatureMap", "Pixels", "resnet18.onnx")  // Vector<Single, 1, 512, 7, 7>
            .Append(ml.Transforms.PruneTokens("Mask", "FeatureMap", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.25, FeatureOrder = FeatureOrder.ChannelsFirst }))
            .Append(ml.Transforms.GatherTokens("Kept", "FeatureMap", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled", FeatureOrder = FeatureOrder.ChannelsFirst }))
            .Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Pooled"));
        #endregion
        return pipeline;
    }

    public static void Training(MLContext ml, IVideoLanguageModel model, IDataView trainingVideos, IDataView validationVideos, CancellationToken cancellationToken)
    {
        #region training
        var encode = ml.Transforms.EncodeVideo("Features", "Path", model);
        IDataView training = encode.Fit(trainingVideos).Transform(trainingVideos);
        IDataView validation = encode.Fit(validationVideos).Transform(validationVideos);

        var compress = ml.Transforms.ScoreCompress(ml, "Mask", "Features", captionColumnName: "Caption", model, new ScoreOptions
        {
            RetentionRatio = 0.10,
            ValidationSet = validation,
            Training = new TrainerOptions { CheckpointFolder = "checkpoint", MetricsPath = "metrics.jsonl" },
            CancellationToken = cancellationToken,
        });
        ScoreCompressTransformer compressor = compress.Fit(training);
        compressor.Policy.Save("policy.safetensors");
        #endregion
    }

    public static IEstimator<ITransformer> ReadyPolicy(MLContext ml, IVideoLanguageModel model)
    {
        #region ready policy
        var pipeline = ml.Transforms.EncodeVideo("Features", "Path", model)
            .Append(ml.Transforms.ApplyScorePolicy("Mask", "Features", "policy.safetensors", new ScorePolicyOptions { RetentionRatio = 0.25 }))
            .Append(ml.Transforms.GatherTokens("Kept", "Features", "Mask"));
        #endregion
        return pipeline;
    }

    public static IEstimator<ITransformer> Reading(MLContext ml, IVideoLanguageModel model)
    {
        #region reading
        var reading = new VideoReadOptions { ProgressTimeout = TimeSpan.FromSeconds(20), Warn = Console.Error.WriteLine };
        var pipeline = ml.Transforms.EncodeVideo("Features", "Path", model, new EncodeVideoOptions { ReadOptions = reading });
        #endregion
        return pipeline;
    }

    public static IEstimator<ITransformer> Pruning(MLContext ml, IVideoLanguageModel model)
    {
        #region pruning
        var pipeline = ml.Transforms.EncodeVideo("Features", "Path", model)
            .Append(ml.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.25 }))
            .Append(ml.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model));
        #endregion
        return pipeline;
    }

    public static void Merging(MLContext ml, IDataView questions)
    {
        #region merging
        using var model = VideoModel.Load("Qwen2.5-VL-7B-Instruct", new VideoModelOptions { EncoderStatistics = true });
        var pipeline = ml.Transforms.EncodeVideo("Features", "Path", model, new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile })
            .Append(ml.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, new MergeTokensOptions { RetentionRatio = 0.25 }))
            .Append(ml.Transforms.AnswerVideoQuestion("Answer", "Merged", "Question", model));  // reads Merged, MergedPositions and Grid
        ITransformer fitted = pipeline.Fit(questions);
        #endregion
    }

    public static void Evaluation(MLContext ml, ITransformer fitted, IDataView questions)
    {
        #region evaluation
        IDataView answered = fitted.Transform(questions);
        VideoUnderstandingMetrics metrics = ml.VideoUnderstanding().Evaluate(answered, labelColumnName: "Label", categoryColumnName: "Category", videoColumnName: "Path", maskColumnName: "Mask");
        Console.WriteLine($"{metrics.Accuracy.Value:P1} ({metrics.Accuracy.Low:P1} to {metrics.Accuracy.High:P1}) with {metrics.RetainedTokens:P0} of the tokens");
        #endregion
    }

    public static void Gpu(MLContext ml)
    {
        #region gpu
        ComputeBackend backend = ml.GpuDeviceId is { } gpu && (TorchSharpBackend.IsCudaAvailable(gpu) || !ml.FallbackToCpu)
            ? TorchSharpBackend.Cuda(gpu)
            : ComputeBackend.Simd;
        using var model = VideoModel.Load("/models/Qwen2.5-VL-7B-Instruct", new VideoModelOptions { Backend = backend });
        #endregion
    }

    public static void Serving(IServiceCollection services)
    {
        #region pool
        services.AddScorePredictionEnginePool<VideoQuestion, VideoAnswer>("score.zip", new ScoreLoadOptions { ModelFolders = ["/models"] });
        services.AddHealthChecks().AddScorePredictionEnginePool<VideoQuestion, VideoAnswer>();
        #endregion

        #region named models
        services.AddScorePredictionEnginePool<VideoQuestion, VideoAnswer>(pool => pool
            .FromFile("quick", "retain-10.zip")
            .FromFile("careful", "retain-50.zip"));
        #endregion
    }

    public static void Predicting(ScorePredictionEnginePool<VideoQuestion, VideoAnswer> pool, VideoQuestion question, VideoQuestion[] questions)
    {
        #region pool predictions
        VideoAnswer answer = pool.Predict("careful", question);

        using var lease = pool.Rent("quick");                                                        // several predictions by one pipeline
        VideoAnswer[] answers = [.. questions.Select(lease.Predict)];
        #endregion
    }

    public static ITransformer Streaming(MLContext ml)
    {
        #region streaming
        ITransformer streaming = ml.Model.LoadScore("score.zip", out DataViewSchema inputSchema);
        #endregion
        return streaming;
    }

    public static void Watching()
    {
        #region watching
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name == ScoreTelemetry.Name)
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, state) => Console.WriteLine($"{instrument.Name} = {value} {instrument.Unit}"));
        listener.Start();
        #endregion
    }

    public static void TrainingReport()
    {
        #region training report
        TrainingRecord record = TrainingRecord.Read("metrics.jsonl"); // of a training that has ended, or goes on
        Console.WriteLine($"{record.Steps.Count} steps; {record.Verdict ?? "not finished"}");
        TrainingPage.Write(record, "training.html", source: "metrics.jsonl");
        TrainingPage.WriteCsv(record, "training.csv");
        #endregion
    }

    #region five-line reward
    internal sealed class FewTokens(VideoModelInfo info) : IRolloutReward
    {
        public VideoModelInfo Info => info;
        public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default) =>
            new([.. batch.Kept.Select(kept => 1 + (double)kept.Length / batch.Video.Grid.Count)]);
    }
    #endregion

    internal sealed class VideoQuestion
    {
        public string Path { get; set; } = "";

        public string Question { get; set; } = "";
    }

    internal sealed class VideoAnswer
    {
        public string Answer { get; set; } = "";
    }
}
