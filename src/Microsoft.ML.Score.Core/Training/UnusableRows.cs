namespace Microsoft.ML.Score.Training;

/// <summary>
/// The rows that training passes over, where it is asked to: one that fails once is left out from then on, and the next of the order takes
/// its place. With the pass over the data in which each failed, a resumed run counts the order as it was met.
/// </summary>
/// <param name="skip">Whether such rows are passed over; else their errors go on.</param>
/// <param name="failed">Rows that failed before a stop, by number, and in which pass each; added to.</param>
/// <param name="warn">Told of the first row that fails.</param>
internal sealed class UnusableRows(bool skip, OrderedDictionary<long, double> failed, Action<string> warn)
{
    private string? _first;

    public int Count => failed.Count;

    /// <summary>What a user is told of these rows; empty where there is none.</summary>
    public string Description => failed.Count == 0 ? ""
        : $"{failed.Count} {(failed.Count == 1 ? "row" : "rows")} cannot be used, the first: {_first ?? $"row {failed.Keys.First()}, before this run went on."}";

    /// <summary>The number of a pass over the data, ascending over both stages.</summary>
    public static long Pass(TrainingStage stage, int epoch) => ((long)stage << 32) + epoch;

    /// <summary>The rows of a pass, without those that had failed by then, each with its number.</summary>
    public IEnumerable<(int Number, TrainingRow Row)> Usable(IEnumerable<TrainingRow> rows, long pass) =>
        rows.Index().Where(row => !(failed.TryGetValue(row.Index, out var failedIn) && failedIn <= pass));

    /// <summary>Reads something of a row.</summary>
    /// <param name="number">The row's number.</param>
    /// <param name="pass">The pass under way.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="value">What was read.</param>
    /// <returns>False where the row is passed over.</returns>
    public bool TryRead<T>(int number, long pass, Func<T> read, out T value)
    {
        try
        {
            value = read();
            return true;
        }
        catch (Exception fault) when (skip && IsOfARow(fault))
        {
            failed.TryAdd(number, pass);
            if (_first is null)
                warn($"A row is passed over, and further ones are counted: {_first = fault.Message}");
            value = default!;
            return false;
        }
    }

    /// <summary>Whether a fault is the row's own: its file is missing, locked, damaged, or not what the model takes.</summary>
    private static bool IsOfARow(Exception fault) =>
        fault is InvalidDataException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or ArgumentException;
}
