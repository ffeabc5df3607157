using System.CommandLine;
using System.Globalization;
using System.Text;
using Microsoft.ML.Score.Cli.Output;
using Microsoft.ML.Score.Cli.Videos;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Cli.Commands;

/// <summary><c>score eval</c>: compressors compared on the questions of a benchmark, all tokens first.</summary>
internal static class EvalCommand
{
    private enum CompressorWord { Score, Untrained, Random, Jittered, Uniform, Residual, Evs }

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var benchmark = new Option<string>("--benchmark") { Description = "The benchmark.", DefaultValueFactory = _ => "synthetic" };
        benchmark.AcceptOnlyFromAmong("synthetic");
        var videos = CommonOptions.AtLeast("--videos", "Videos of each length; a video has eight questions.", 1, 10);
        var lengths = CommonOptions.List("--lengths", "The lengths of video.", Enum.GetValues<VideoLength>(), $"lengths ({EnumWord.All<VideoLength>()})", EnumWord.Parse<VideoLength>);
        var ratios = CommonOptions.List("--ratios", "The shares of tokens to keep.", [0.4, 0.25, 0.1], "ratios above 0 and at most 1", Ratio);
        var compressors = CommonOptions.List("--compressors", "The compressors to compare.", Enum.GetValues<CompressorWord>(), $"compressors ({EnumWord.All<CompressorWord>()})", EnumWord.Parse<CompressorWord>);
        var model = CommonOptions.Model();
        var memory = CommonOptions.Memory();
        var policy = CommonOptions.Policy();
        var seed = new Option<int>("--seed") { Description = "The seed of the random compressors, the untrained policy and the bootstrap.", DefaultValueFactory = _ => 1 };
        var json = new Option<string?>("--json") { Description = "A file for the results as JSON; - prints them instead of the table." };
        var command = new Command("eval", "Compare compressors on multiple-choice questions: accuracy, caption cross-entropy, tokens and prefill time.")
        {
            benchmark, videos, lengths, ratios, compressors, model, memory, policy, seed, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                using var frozen = loadModel(parsed.GetRequiredValue(model), CommonOptions.Limit(parsed.GetValue(memory)));
                var table = new EvaluationTable(
                    new SyntheticBenchmark(parsed.GetValue(videos), parsed.GetRequiredValue(lengths)),
                    [.. parsed.GetRequiredValue(compressors).Select(word => Compressor(word, parsed.GetValue(seed), parsed.GetValue(policy), frozen))],
                    parsed.GetRequiredValue(ratios), parsed.GetValue(seed));
                using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
                    table.Run(frozen, (done, total) => progress.Report(done, total, "evaluating videos"), cancellationToken);

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

    private static ITokenCompressor Compressor(CompressorWord word, int seed, string? policy, IVideoLanguageModel model) => word switch
    {
        CompressorWord.Score => new ScoreCompressor(PolicySource.Load(policy, model)),
        CompressorWord.Untrained => new ScoreCompressor(PolicyNetwork.Initialize(model.Info.Dimension, seed: seed), name: "untrained policy"),
        CompressorWord.Random => new RandomCompressor(seed),
        CompressorWord.Jittered => new JitteredUniformCompressor(seed),
        CompressorWord.Uniform => new UniformCompressor(),
        CompressorWord.Residual => new LargestResidualCompressor(),
        _ => new EvsCompressor(),
    };
}
