using System.Collections;

namespace Score.Cli.Training;

/// <summary>The rows of a data file, which were counted once and are read anew by each enumeration, so that their texts are never all in memory.</summary>
/// <param name="rows">Reads the file.</param>
/// <param name="count">How many rows that gave.</param>
internal sealed class RowFile(IEnumerable<CaptionedVideo> rows, int count) : IReadOnlyCollection<CaptionedVideo>
{
    public int Count => count;

    public IEnumerator<CaptionedVideo> GetEnumerator() => rows.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
