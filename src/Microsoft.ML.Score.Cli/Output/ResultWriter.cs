using System.Globalization;
using System.Text;

namespace Score.Cli.Output;

/// <summary>Standard output as the commands see it: what passes through has no hidden characters but line feeds and tabs.</summary>
/// <param name="inner">Standard output, or what stands for it.</param>
/// <param name="width">The cells of a line; null asks the terminal, where it is one.</param>
internal sealed class ResultWriter(TextWriter inner, int? width = null) : TextWriter(CultureInfo.InvariantCulture)
{
    private readonly int? _width = width ?? (ReferenceEquals(inner, Console.Out) && !Console.IsOutputRedirected ? TerminalWidth() : null);

    /// <summary>The cells of a line that tables have to fit in; null where there is no end to a line, as in a file.</summary>
    public static int? WidthOf(TextWriter writer) => (writer as ResultWriter)?._width;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(VisibleText.Escape(value.ToString()));

    public override void Write(char[] buffer, int index, int count) => inner.Write(VisibleText.Escape(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(VisibleText.Escape(buffer.ToString()));

    public override void Write(string? value) => inner.Write(VisibleText.Escape(value ?? ""));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(VisibleText.Escape(value ?? ""));

    public override void Flush() => inner.Flush();

    /// <summary>As users set it in COLUMNS, else as the terminal says.</summary>
    private static int? TerminalWidth()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns) && columns > 0)
            return columns;
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : null;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return null;
        }
    }
}
