using System.CommandLine;
using Microsoft.ML.Score.Models.Loading;
using Score.Cli.Listing;
using Score.Cli.Output;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score list</c>: the models, compressors and benchmarks that the other commands name, and whether their files are there. Nothing is loaded.</summary>
internal static class ListCommand
{
    private const string Models = "models", Compressors = "compressors", BenchmarkWord = "benchmarks";

    private static readonly string[] s_words = [Models, Compressors, BenchmarkWord];

    private static readonly Example[] s_examples =
    [
        new("score list", "List all of them, benchmarks as they lie in the folder data."),
        new("score list models --json", "Say of every checkpoint in the Hugging Face cache whether it loads, or why not."),
        new("score list benchmarks --data benchmarks", "Say which benchmarks score eval would find there, and how many videos are missing."),
    ];

    public static Command Create()
    {
        var what = new Argument<string?>("what") { Description = $"What to list: {string.Join(", ", s_words)}. Default: all of them.", Arity = ArgumentArity.ZeroOrOne };
        what.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && !string.IsNullOrWhiteSpace(word) && !word.StartsWith('-') && !s_words.Contains(word))
                result.AddError($"What to list must be one of {string.Join(", ", s_words)}, got '{word}'.{Suggestion.For(word, s_words)}");
        });
        what.CompletionSources.Add(s_words);
        var data = new Option<string>("--data") { Description = "The folder with a folder for each benchmark, as score eval has it.", DefaultValueFactory = _ => "data" };
        var json = CommonOptions.Json();
        var command = new ExampledCommand("list", "List models, compressors and benchmarks, and whether their files are there. Nothing is loaded or downloaded.", s_examples) { what, data, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(what) is { Tokens: [{ Value: var word }] } && word != BenchmarkWord)
                IdleOptions.Refuse(result, $"says where benchmarks lie, and only {word} are listed; leave it out or list benchmarks.", data);
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var chosen = parsed.GetValue(what);
                var models = chosen is null or Models ? new ModelList(CommonOptions.EmbeddedModel, HubCache.OfUser()) : null;
                var benchmarks = chosen is null or BenchmarkWord ? new BenchmarkList(parsed.GetRequiredValue(data)) : null;
                if (parsed.GetValue(json))
                    PrintJson(models, chosen is null or Compressors, benchmarks, parsed.InvocationConfiguration.Output);
                else
                    Print(models, chosen is null or Compressors, benchmarks, parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static void PrintJson(ModelList? models, bool compressors, BenchmarkList? benchmarks, TextWriter output)
    {
        var parts = new OrderedDictionary<string, object>();
        if (models is not null)
            parts.Add(Models, models.ToJson());
        if (compressors)
            parts.Add(Compressors, CompressorList.ToJson());
        if (benchmarks is not null)
            parts.Add(BenchmarkWord, benchmarks.ToJson());
        output.WriteLine(JsonOutput.Format(parts));
    }

    private static void Print(ModelList? models, bool compressors, BenchmarkList? benchmarks, TextWriter output)
    {
        models?.Write(output);
        if (models is not null && compressors)
            output.WriteLine();
        if (compressors)
            CompressorList.Write(output);
        if (compressors && benchmarks is not null)
            output.WriteLine();
        benchmarks?.Write(output);
    }
}
