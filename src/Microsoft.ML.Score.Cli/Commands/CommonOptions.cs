using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Hub;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary>The options that several commands share, and the checks that make a bad value wrong usage.</summary>
internal static class CommonOptions
{
    /// <summary>The model that is there without a checkpoint.</summary>
    public const string EmbeddedModel = "tiny";

    /// <summary>What names a checkpoint.</summary>
    public const string Checkpoint = "the folder of a Hugging Face checkpoint, the id of one in the local Hugging Face cache (ORGANISATION/NAME[@REVISION])";

    /// <summary>What it is, for those who choose it.</summary>
    public const string AboutEmbeddedModel = $"{EmbeddedModel}: embedded, trained on the synthetic world alone; it knows nothing of real video";

    private const double BytesPerGiB = 1L << 30;

    public static Option<string> Model() => new("--model")
    {
        Description = $"The frozen model: {Checkpoint}, or {AboutEmbeddedModel}.",
        DefaultValueFactory = _ => EmbeddedModel,
        CompletionSources = { _ => ModelNames() },
    };

    /// <summary>The names of models that need no folder, for a shell that completes one.</summary>
    public static IEnumerable<string> ModelNames() => [EmbeddedModel, .. CachedModels.Names()];

    /// <summary>Warns, once, where the model is used on a video beyond what it knows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="grids">The videos' grids; null for a video that is known to be none of the synthetic world.</param>
    /// <param name="error">Standard error.</param>
    public static void WarnOfLimits(IVideoLanguageModel model, IEnumerable<TokenGrid?> grids, TextWriter error)
    {
        if (grids.Select(grid => VideoModel.LimitOf(model.Info, grid)).FirstOrDefault(limit => limit is not null) is { } limit)
            error.WriteLine($"score: warning: {limit}");
    }

    public static Option<double> Memory() => Positive(
        "--memory", "The memory to fit in, in GiB. Default: what the runtime says there is.", Math.Ceiling(10 * new VideoModelOptions().MemoryLimit / BytesPerGiB) / 10);

    /// <summary>What the model computes on.</summary>
    public static Option<string> Backend() => Word(
        "--backend", "What the model computes on: the processor's vectors, plain loops, or LibTorch on the processor or an NVIDIA GPU.", Backends.Words, Backends.Words[0]);

    /// <summary>How a model is loaded with <see cref="Memory"/>, <see cref="Backend"/> and <see cref="Qwen3Options"/>.</summary>
    /// <param name="memory">GiB.</param>
    /// <param name="backend">The word.</param>
    /// <param name="qwen3">How Qwen3-VL is run.</param>
    /// <param name="error">Standard error, for what of the checkpoint is not followed.</param>
    /// <param name="frames">Which frames reach it; null for its own rule.</param>
    /// <param name="encoderStatistics">Whether encoded videos carry what some compressors choose by.</param>
    public static VideoModelOptions Loading(
        double memory, string backend, Qwen3VLOptions qwen3, TextWriter error, FrameChoice? frames = null, bool encoderStatistics = false) => new()
        {
            EncoderStatistics = encoderStatistics,
            Backend = Backends.Named(backend),
            MemoryLimit = Limit(memory),
            QwenVideo = (frames ?? FrameChoice.Default).Qwen,
            Qwen3VL = qwen3,
            LlavaVideo = new() { MaxFrames = (frames ?? FrameChoice.Default).LlavaFrames },
            Warn = warning => error.WriteLine($"score: warning: {warning}"),
        };

    /// <summary>Bytes of <see cref="Memory"/>.</summary>
    public static long Limit(double memory) => (long)Math.Min(memory * BytesPerGiB, long.MaxValue);

    /// <summary>How many rows or questions are taken; all where it is absent.</summary>
    /// <param name="what">What it counts.</param>
    public static Option<int?> Limit(string what) => Optional<int>("--limit", $"Take the first so many {what} alone. Default: all.", "a whole number of at least 1", count => count >= 1);

    public static Option<string?> Policy() => new("--policy")
    {
        Description = "A trained policy (.safetensors). Default: the one that ships for the model.",
    };

    public static Option<double> Ratio(string name = "--ratio", string description = "The share of tokens to keep.", double defaultValue = 0.1) =>
        Checked(name, description, "a number above 0 and at most 1", ratio => ratio is > 0 and <= 1, defaultValue);

    public static Option<double> Positive(string name, string description, double defaultValue) =>
        Checked(name, description, "a positive number", value => value > 0 && double.IsFinite(value), defaultValue);

    /// <summary>How feature files store numbers; training and encoding agree where neither is told.</summary>
    public static Option<string> FeatureType(string description) => Word("--feature-type", description, ["bf16", "f16", "f32"], "f32");

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document instead of text." };

    public static Option<int> AtLeast(string name, string description, int least, int defaultValue) =>
        Checked(name, description, $"a whole number of at least {least}", value => value >= least, defaultValue);

    public static Option<int> Between(string name, string description, int least, int most, int defaultValue) =>
        Checked(name, description, $"a whole number from {least} to {most}", value => value >= least && value <= most, defaultValue);

    /// <summary>Any whole number, such as a seed.</summary>
    public static Option<int> Whole(string name, string description, int defaultValue) => Checked(name, description, "a whole number", _ => true, defaultValue);

    /// <summary>A number that is wrong usage where it breaks a rule.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="expected">What the rule asks for, for messages.</param>
    /// <param name="isValid">The rule.</param>
    /// <param name="defaultValue">The number when the option is absent.</param>
    public static Option<T> Checked<T>(string name, string description, string expected, Func<T, bool> isValid, T defaultValue)
        where T : struct, IParsable<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (NumberText.TryParse(text, out T value) && isValid(value))
                    return value;
                result.AddError($"{name} must be {expected}, got '{text}'.{NumberText.Hint<T>(text)}");
                return default;
            },
        };

    /// <summary>A number that is wrong usage where it breaks a rule, and null when the option is absent.</summary>
    public static Option<T?> Optional<T>(string name, string description, string expected, Func<T, bool> isValid)
        where T : struct, IParsable<T> => new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (NumberText.TryParse(text, out T value) && isValid(value))
                    return value;
                result.AddError($"{name} must be {expected}, got '{text}'.{NumberText.Hint<T>(text)}");
                return null;
            },
        };

    /// <summary>A text that is wrong usage where it breaks a rule.</summary>
    public static Option<string> Checked(string name, string description, string expected, Func<string, bool> isValid, string defaultValue)
    {
        var option = Required(name, description, expected, isValid);
        option.Required = false;
        option.DefaultValueFactory = _ => defaultValue;
        return option;
    }

    /// <summary>A text that must be given, and is wrong usage where it breaks a rule.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="expected">What the rule asks for, for messages.</param>
    /// <param name="isValid">The rule.</param>
    /// <param name="show">A text as messages may show it; null for all of it.</param>
    public static Option<string> Required(string name, string description, string expected, Func<string, bool> isValid, Func<string, string>? show = null) => new(name)
    {
        Description = description,
        Required = true,
        CustomParser = result =>
        {
            if (result.Tokens[0].Value is var text && isValid(text))
                return text;
            result.AddError($"{name} must be {expected}, got '{show?.Invoke(text) ?? text}'.");
            return null;
        },
    };

    /// <summary>A word among those allowed.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="allowed">The words.</param>
    /// <param name="defaultValue">The word when the option is absent; null for none.</param>
    public static Option<string> Word(string name, string description, IReadOnlyList<string> allowed, string? defaultValue = null)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', allowed),
            CustomParser = result =>
            {
                if (result.Tokens[0].Value is var text && allowed.Contains(text))
                    return text;
                result.AddError($"{name} must be one of {string.Join(", ", allowed)}, got '{text}'.{Suggestion.For(text, allowed)}");
                return null;
            },
        };
        option.CompletionSources.Add([.. allowed]);
        if (defaultValue is not null)
            option.DefaultValueFactory = _ => defaultValue;
        return option;
    }

    /// <summary>An option's number for a rule about several of them; null where it is given and wrong, which is told already.</summary>
    public static T? ValueOf<T>(CommandResult result, Option<T> option)
        where T : struct => result.GetResult(option) is not { } given ? (T)option.GetDefaultValue()! : given.Errors.Any() ? null : given.GetValueOrDefault<T>();

    /// <summary>Refuses what cannot be the name of a clip of the synthetic world, whatever is on the disk.</summary>
    public static void CheckClipNames(SymbolResult result)
    {
        foreach (var token in result.Tokens)
            if (VideoReference.FaultOf(token.Value) is { } fault)
                result.AddError(fault);
    }

    /// <summary>An option whose value is a list with commas, each item given once.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">The items when the option is absent.</param>
    /// <param name="expected">What an item looks like, for the message about one that does not.</param>
    /// <param name="parse">The item of a text; null where it is none.</param>
    /// <param name="words">The items there are, where they can be told.</param>
    public static Option<T[]> List<T>(string name, string description, T[] defaultValue, string expected, Func<string, T?> parse, params string[] words)
        where T : struct => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => defaultValue,
            CompletionSources = { words },
            CustomParser = result => ParseList(result, name, expected, parse, words),
        };

    /// <summary>An option whose value is a list with commas of words among those allowed, each given once.</summary>
    public static Option<string[]> Words(string name, string description, string[] defaultValue, IReadOnlyList<string> allowed) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => defaultValue,
        CompletionSources = { allowed.ToArray() },
        CustomParser = result =>
        {
            string[] words = [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))];
            if (words.FirstOrDefault(word => !allowed.Contains(word)) is { } unknown)
                result.AddError($"{name} must be a list of {string.Join(", ", allowed)}, got '{unknown}'.{Suggestion.For(unknown, allowed)}");
            else if (words.Distinct().Count() < words.Length)
                result.AddError($"{name} lists a word twice, got '{string.Join(",", words)}'.");
            return words;
        },
    };

    /// <summary>An option that is given once for each of several names, NAME=VALUE.</summary>
    public static Option<Dictionary<string, string>> ByName(string name, string description, string value, IReadOnlyList<string> allowed) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        HelpName = $"NAME={value}",
        DefaultValueFactory = _ => [],
        CompletionSources = { allowed.ToArray() },
        CustomParser = result =>
        {
            var values = new Dictionary<string, string>();
            foreach (var text in result.Tokens.Select(token => token.Value))
                if (text.Split('=', 2) is not [var key, { Length: > 0 } given] || !allowed.Contains(key) || !values.TryAdd(key, given))
                    result.AddError($"{name} must be NAME={value}, once for a name of {string.Join(", ", allowed)}, got '{text}'.{(allowed.Contains(text.Split('=')[0]) ? "" : Suggestion.For(text, allowed))}");
            return values;
        },
    };

    private static T[] ParseList<T>(ArgumentResult result, string name, string expected, Func<string, T?> parse, string[] words)
        where T : struct
    {
        List<T> items = [];
        foreach (var (list, text) in result.Tokens.SelectMany(token => token.Value.Split(','), (token, text) => (token.Value, text)))
        {
            if (parse(text.Trim()) is not { } item)
                result.AddError($"{name} must be a list of {expected}, got '{text}'.{NumberText.ListHint<T>(list)}{Suggestion.For(text.Trim(), words)}");
            else if (items.Contains(item))
                result.AddError($"{name} lists '{text}' twice.");
            else
                items.Add(item);
        }

        return [.. items];
    }
}
