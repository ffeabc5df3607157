using System.Globalization;
using System.Text;

namespace Score.Cli.Output;

/// <summary>Standard error as the commands see it: each line that is written is one message, in one line, of bounded length and without hidden characters.</summary>
/// <param name="inner">Standard error, or what stands for it.</param>
internal sealed class MessageWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>What takes the control sequences of a bar; null where standard error is no terminal.</summary>
    public TextWriter? Terminal { get; } = ReferenceEquals(inner, Console.Error) && !Console.IsErrorRedirected ? inner : null;

    /// <summary>Whether progress and lines that merely inform are left out. Warnings and errors are not.</summary>
    public bool IsQuiet { get; set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(VisibleText.Escape(value.ToString()));

    public override void Write(string? value) => inner.Write(VisibleText.Escape(value ?? ""));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(VisibleText.Message(value ?? ""));

    /// <summary>Writes a line that merely informs, where the run is not a quiet one.</summary>
    /// <param name="error">Standard error, or what stands for it.</param>
    /// <param name="message">One line.</param>
    public static void Inform(TextWriter error, string message)
    {
        if (error is not MessageWriter { IsQuiet: true })
            error.WriteLine(message);
    }

    public override void Flush() => inner.Flush();
}
