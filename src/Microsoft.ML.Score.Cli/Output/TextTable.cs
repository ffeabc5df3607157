namespace Score.Cli.Output;

/// <summary>Rows of text in aligned columns; numbers (right-aligned) are the columns named so. Not safe for concurrent use.</summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

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
        var widths = headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var right = headers.Select((_, column) => _rows.Count > 0 && _rows.All(row => row[column] is "" or "-" || char.IsAsciiDigit(row[column].TrimStart('-', '+')[0]))).ToArray();
        WriteRow(headers);
        writer.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (var row in _rows)
            WriteRow(row);

        void WriteRow(string[] cells) => writer.WriteLine(string.Join("  ", cells.Select((cell, column) =>
            right[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
    }
}
