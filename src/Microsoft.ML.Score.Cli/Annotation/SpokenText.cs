using System.Text;
using System.Text.RegularExpressions;

namespace Score.Cli.Annotation;

/// <summary>
/// What of an answer is meant for the reader. A server without a parser for the model's template leaves in the text what the model thought first, and
/// marks of the template; a caption with those would be trained on.
/// </summary>
internal static partial class SpokenText
{
    private const string FinalChannel = "<|channel|>final<|message|>";

    /// <summary>The text without thoughts and the marks around it; empty where nothing else was said.</summary>
    /// <exception cref="CaptionFailedException">The answer ends while the model still thinks, or has a mark within.</exception>
    public static string Of(string text)
    {
        var spoken = WithoutThoughts(OfFinalChannel(text));
        spoken = LastMarks().Replace(FirstMarks().Replace(spoken, ""), "").Trim();
        spoken = Wrapping().Match(spoken) is { Success: true } wrapped ? wrapped.Groups["inner"].Value.Trim() : spoken;

        // A model that is trained on it would read the mark and not the text, and what it stood for in the answer cannot be told.
        return Mark().Match(spoken) is { Success: true } mark
            ? throw new CaptionFailedException($"the answer holds the mark '{mark.Value}' of a template, at character {mark.Index + 1} of the caption; expected text alone. Ask again, or use a server that removes such marks.")
            : spoken;
    }

    /// <summary>Templates with channels think in one and answer in another; of their marks a server may have removed all but the names.</summary>
    private static string OfFinalChannel(string text)
    {
        if (text.LastIndexOf(FinalChannel, StringComparison.Ordinal) is >= 0 and var at)
            return text[(at + FinalChannel.Length)..];
        return text.Contains("<|channel|>", StringComparison.Ordinal) ? throw Unfinished() : BareChannels().Replace(text, "");
    }

    private static string WithoutThoughts(string text)
    {
        var spoken = new StringBuilder();
        var (thinks, from) = (false, 0);
        foreach (Match mark in Thought().Matches(text))
        {
            var closes = mark.Groups["close"].Success;
            if (!thinks && !closes)
                spoken.Append(text, from, mark.Index - from);
            else if (!thinks)
                spoken.Clear(); // the template had opened it before the answer began
            if (!mark.Groups["empty"].Success)
                thinks = !closes;
            from = mark.Index + mark.Length;
        }

        return thinks ? throw Unfinished() : spoken.Append(text, from, text.Length - from).ToString();
    }

    private static CaptionFailedException Unfinished() =>
        new("the answer ends while the model still thinks: raise --max-tokens or the server's limit, or ask a model that does not think aloud.");

    [GeneratedRegex(@"<\s*(?<close>/)?\s*(?:[a-z]+:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)(?:\s[^<>/]*)?(?<empty>/)?\s*>|(?-i:\[(?<close>/)?THINK\])|◁(?<close>/)?think▷|<\|(?:start|begin|(?<close>end))_(?:of_)?(?:thinking|thought)\|>", RegexOptions.IgnoreCase)]
    private static partial Regex Thought();

    [GeneratedRegex(@"<\|\w+\|>")]
    private static partial Regex Mark();

    [GeneratedRegex(@"\A\s*analysis.*assistantfinal", RegexOptions.Singleline)]
    private static partial Regex BareChannels();

    [GeneratedRegex(@"\A(\s*(<\|\w+\|>|<s>|<bos>|<start_of_turn>)((assistant|model)\b)?)+")]
    private static partial Regex FirstMarks();

    [GeneratedRegex(@"(\s*(<\|\w+\|>|<｜[^<>｜]+｜>|</s>|<eos>|<end_of_turn>|<end_of_utterance>))+\s*\z", RegexOptions.RightToLeft)]
    private static partial Regex LastMarks();

    [GeneratedRegex(@"\A<(?<tag>answer|final_answer|final|response|output|caption)>(?<inner>.*?)(</\k<tag>>)?\z", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Wrapping();
}
