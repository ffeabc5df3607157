using System.Globalization;

namespace Score.Cli.Output;

/// <summary>
/// Rows of text in aligned columns. On a terminal too narrow for them headers are wrapped, and then columns stand in several blocks below each other, each of which repeats
/// the columns that say what a row is. Texts are wrapped as well; numbers are always whole. Not safe for concurrent use.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "  ";
    private const int NarrowestText = 8;

    private readonly List<string[]> _rows = [];

    /// <summary>The first columns, which say what a row is. Default 1.</summary>
    public int KeyColumns { get; init; } = 1;

    /// <summary>Adds a row of as many cells as there are headers; a cell is one line.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != headers.Length)
            throw new ArgumentException($"A row needs {headers.Length} cells, got {cells.Length}.", nameof(cells));
        _rows.Add(Array.ConvertAll(cells, VisibleText.Message));
    }

    /// <summary>Writes the header, a rule and the rows; columns whose every cell starts like a number are right-aligned.</summary>
    public void Write(TextWriter writer)
    {
        var width = ResultWriter.WidthOf(writer);
        // In a file a character is a character.
        Func<string, int> measure = width is null ? text => text.Length : CellText.Width;
        var columns = headers.Select((header, column) => new Column(header, [.. _rows.Select(row => row[column])], measure)).ToArray();
        if (width is not { } most || Width(columns) <= most)
        {
            WriteBlock(writer, columns, measure);
            return;
        }

        foreach (var column in columns)
            column.WrapHeader();
        foreach (var (index, block) in Blocks(columns, most).Index())
        {
            if (index > 0)
                writer.WriteLine();
            WriteBlock(writer, block, measure);
        }
    }

    /// <summary>As many columns at a time as fit beside those that say what a row is.</summary>
    private List<Column[]> Blocks(Column[] columns, int most)
    {
        var (keys, others) = (columns[..KeyColumns], columns[KeyColumns..]);
        var widest = others.Where(column => column.IsNumeric).Select(column => column.Width).DefaultIfEmpty(NarrowestText).Max();
        Shrink(keys, most - Gap.Length - widest);
        var blocks = new List<Column[]>();
        var block = new List<Column>();
        foreach (var column in others)
        {
            if (block.Count > 0 && Width([.. keys, .. block, column]) > most)
            {
                blocks.Add([.. keys, .. block]);
                block.Clear();
            }

            if (block.Count == 0)
                Shrink([column], most - Width(keys) - Gap.Length);
            block.Add(column);
        }

        blocks.Add([.. keys, .. block]);
        return blocks;
    }

    /// <summary>Makes columns of text narrower, the first one first, until they fit.</summary>
    private static void Shrink(Column[] columns, int most)
    {
        foreach (var column in columns.Where(column => !column.IsNumeric))
            if (Width(columns) is var width && width > most)
                column.Width = Math.Max(Math.Min(NarrowestText, column.Width), column.Width - (width - most));
    }

    private static int Width(Column[] columns) => columns.Sum(column => column.Width) + Gap.Length * (columns.Length - 1);

    private static void WriteBlock(TextWriter writer, Column[] columns, Func<string, int> measure)
    {
        WriteRow(column => column.Header);
        writer.WriteLine(string.Join(Gap, columns.Select(column => new string('-', column.Width))));
        for (var row = 0; row < columns[0].Cells.Length; row++)
        {
            var index = row;
            WriteRow(column => column.Cells[index]);
        }

        void WriteRow(Func<Column, string> cell)
        {
            var lines = columns.Select(column => CellText.Wrap(cell(column), column.Width, measure)).ToArray();
            for (var line = 0; line < lines.Max(wrapped => wrapped.Count); line++)
                writer.WriteLine(string.Join(Gap, columns.Zip(lines, (column, wrapped) => column.Padded(wrapped.ElementAtOrDefault(line) ?? ""))).TrimEnd());
        }
    }

    /// <summary>A column and how wide it is.</summary>
    private sealed class Column(string header, string[] cells, Func<string, int> measure)
    {
        public string Header => header;

        public string[] Cells => cells;

        public int Width { get; set; } = cells.Append(header).Max(measure);

        public bool IsNumeric { get; } = cells.Length > 0 && Array.TrueForAll(cells, cell => cell is "" or "-" || char.IsAsciiDigit(cell.TrimStart('-', '+') is { Length: > 0 } rest ? rest[0] : ' '));

        /// <summary>As wide as its cells need, and as the longest word of its header.</summary>
        public void WrapHeader() => Width = cells.Concat(header.Split(' ')).Max(measure);

        public string Padded(string text) => new string(' ', Width - measure(text)) is var space && IsNumeric ? space + text : text + space;
    }
}

/// <summary>Text in the cells of a terminal.</summary>
internal static class CellText
{
    // East Asian wide and full-width characters, and pictures.
    private static readonly (int First, int Last)[] s_wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6),
        (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x20000, 0x3FFFD),
    ];

    /// <summary>The cells that a text takes: two for a wide character, none for a mark on another one.</summary>
    public static int Width(string text) => text.EnumerateRunes().Sum(rune => Width(rune.Value));

    /// <summary>A text in lines of at most so many cells, at spaces where there are any.</summary>
    public static List<string> Wrap(string text, int width, Func<string, int> measure)
    {
        var lines = new List<string>();
        while (measure(text) > width)
        {
            var (end, cells, space) = (0, 0, 0);
            foreach (var rune in text.EnumerateRunes())
            {
                cells += measure(rune.ToString());
                if (cells > width && end > 0)
                {
                    space = rune.Value == ' ' ? end : space;
                    break;
                }

                space = rune.Value == ' ' ? end : space;
                end += rune.Utf16SequenceLength;
            }

            var cut = space > 0 ? space : end;
            lines.Add(text[..cut]);
            if (cut == text.Length)
                return lines;
            text = text[cut..].TrimStart(' ');
        }

        lines.Add(text);
        return lines;
    }

    private static int Width(int character) => CharUnicodeInfo.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => Array.Exists(s_wide, range => character >= range.First && character <= range.Last) ? 2 : 1,
    };
}
