using System.CommandLine;
using System.Globalization;
using System.Text;
using Microsoft.ML.Score.Cli.Output;
using Microsoft.ML.Score.Cli.Videos;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Cli.Commands;

/// <summary><c>score eval</c>: compressors compared on the questions of benchmarks, all tokens first.</summary>
internal static class EvalCommand
{
    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var benchmark = new Option<string>("--benchmark") { Description = "The benchmark.", DefaultValueFactory = _ => "synthetic" };
        benchmark.AcceptOnlyFromAmong("synthetic");
        var videos = CommonOptions.AtLeast("--videos", "Videos of each length; a video has eight questions.", 1, 10);
        var lengths = CommonOptions.List("--lengths", "The lengths of video.", Enum.GetValues<VideoLength>(), $"lengths ({EnumWord.All<VideoLength>()})", EnumWord.Parse<VideoLength>);
        var ratios = CommonOptions.List("--ratios", "The shares of tokens to keep.", [0.4, 0.25, 0.1], "ratios above 0 and at most 1", Ratio);
        var compressors = CommonOptions.List("--compressors", $"The compressors to compare, of: {CompressorWords.All}.", CompressorWords.Default, $"compressors ({CompressorWords.All})", CompressorWords.Parse);
        var model = CommonOptions.Model();
        var memory = CommonOptions.Memory();
        var policy = CommonOptions.Policy();
        var ablation = new Option<string?>("--ablation-policy") { Description = "The policy of the compressor ablation (.safetensors)." };
        var frames = new Option<int?>("--max-frames") { Description = "The most frames of a video that the model sees. Default: the model's own rule." };
        var siglip = new Option<string?>("--siglip") { Description = "The folder of the SigLIP checkpoint that FastVID needs with LLaVA-Video." };
        var seed = new Option<int>("--seed") { Description = "The seed of the random compressors, the untrained policy and the bootstrap.", DefaultValueFactory = _ => 1 };
        var records = new Option<string?>("--records") { Description = "A file of JSON lines for every answer as it comes in. The same command goes on from it after it was stopped or killed." };
        var parallel = CommonOptions.AtLeast("--parallel", "Videos at a time. With more than one, times are not comparable.", 1, 1);
        var json = new Option<string?>("--json") { Description = "A file for the results as JSON; - prints them instead of the table." };
        var command = new Command("eval", "Compare compressors on multiple-choice questions: accuracy, share of all tokens' accuracy, actual retention, where the time goes.")
        {
            benchmark, videos, lengths, ratios, compressors, model, memory, policy, ablation, frames, siglip, seed, records, parallel, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var words = parsed.GetRequiredValue(compressors);
                var options = new VideoModelOptions
                {
                    MemoryLimit = CommonOptions.Limit(parsed.GetValue(memory)).MemoryLimit,
                    EncoderStatistics = words.Any(CompressorWords.NeedsStatistics),
                    QwenVideo = new() { MaxFrames = parsed.GetValue(frames) },
                    LlavaVideo = new() { MaxFrames = parsed.GetValue(frames) ?? new LlavaVideoOptions().MaxFrames, SiglipFolder = parsed.GetValue(siglip) },
                };
                using var frozen = loadModel(parsed.GetRequiredValue(model), options);
                var policies = EvaluationPolicies.Load(words, parsed.GetValue(policy), parsed.GetValue(ablation), frozen);
                var evaluation = new Evaluation(
                    frozen,
                    [BenchmarkSource.Synthetic(parsed.GetValue(videos), parsed.GetRequiredValue(lengths))],
                    [BenchmarkSystem.AllTokens, .. CompressorWords.Systems(words, parsed.GetRequiredValue(ratios), policies, parsed.GetValue(seed), frozen)],
                    policies.Fingerprint, parsed.GetValue(seed), parsed.GetValue(parallel));
                EvaluationTable table;
                using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
                    table = evaluation.Run(parsed.GetValue(records), (done, total) => progress.Report(done, total, "evaluating videos"), cancellationToken);

                var (path, output) = (parsed.GetValue(json), parsed.InvocationConfiguration.Output);
                if (path == "-")
                    output.WriteLine(JsonOutput.Format(table.ToJson()));
                else
                    table.Write(output);
                if (path is not (null or "-"))
                    AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(JsonOutput.Format(table.ToJson()) + "\n")));
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static double? Ratio(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is > 0 and <= 1 ? ratio : null;
}
