using System.Globalization;
using System.Text;

namespace Score.Cli.Output;

/// <summary>Standard output as the commands see it: what passes through has no hidden characters but line feeds and tabs.</summary>
/// <param name="inner">Standard output, or what stands for it.</param>
internal sealed class ResultWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(VisibleText.Escape(value.ToString()));

    public override void Write(char[] buffer, int index, int count) => inner.Write(VisibleText.Escape(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(VisibleText.Escape(buffer.ToString()));

    public override void Write(string? value) => inner.Write(VisibleText.Escape(value ?? ""));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(VisibleText.Escape(value ?? ""));

    public override void Flush() => inner.Flush();
}
