using Microsoft.ML.Score.Tokens;
using Score.Cli.Training;

namespace Score.Cli.Plans;

/// <summary>Rows of one kind: how many, how long their captions are, and the grids of those that were looked into.</summary>
/// <param name="Count">All of them.</param>
/// <param name="CaptionCharacters">Of a caption, on average.</param>
/// <param name="Grids">Of those that were looked into.</param>
internal sealed record Survey(int Count, double CaptionCharacters, IReadOnlyList<TokenGrid> Grids)
{
    public static Survey Empty { get; } = new(0, 0, []);

    /// <param name="rows">Read twice: to count, and for the grids.</param>
    /// <param name="isStill">Which of them; null for all.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidDataException">A video that was looked into cannot be read; the message has its row.</exception>
    public static Survey Of(IReadOnlyCollection<CaptionedVideo> rows, bool? isStill, PlannedModel model, CancellationToken cancellationToken)
    {
        var (count, characters) = (0, 0L);
        foreach (var row in Chosen())
        {
            cancellationToken.ThrowIfCancellationRequested();
            count++;
            characters += row.Caption.Length;
        }

        if (count == 0)
            return Empty;
        var sample = WorkPlan.Sample(count).ToHashSet();
        var grids = new List<TokenGrid>();
        foreach (var (_, row) in Chosen().Index().Where(row => sample.Contains(row.Index)))
            grids.Add(EncodedRows.Named(row, () => model.GridOf(row.Video, cancellationToken)));
        return new Survey(count, (double)characters / count, grids);

        IEnumerable<CaptionedVideo> Chosen() => isStill is null ? rows : rows.Where(row => EncodedRows.IsStill(row.Video) == isStill);
    }

    /// <summary>The same rows, of which single steps are repeated to videos of so many.</summary>
    public Survey OfSteps(IReadOnlyList<int> steps) => this with { Grids = [.. Grids.SelectMany(grid => steps, (grid, count) => new TokenGrid(count, grid.Height, grid.Width, grid.SecondsPerStep))] };

    /// <summary>The mean over the grids; 0 where there is none.</summary>
    public double Mean(Func<TokenGrid, double> value) => Grids.Count == 0 ? 0 : Grids.Average(value);
}
