using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>A column with the grid of each row's video: a Vector of 4 = (T, H, W, seconds per step).</summary>
internal static class GridColumn
{
    public static readonly VectorDataViewType Type = new(NumberDataViewType.Single, 4);

    public static OutputColumn<TResult> Output<TResult>(string name, Func<TResult, TokenGrid> grid) => OutputColumn.Vector<TResult, float>(name, Type, result =>
    {
        var value = grid(result);
        return new float[] { value.TimeSteps, value.Height, value.Width, (float)value.SecondsPerStep };
    });

    /// <summary>A function that gives the grid at the row's current position.</summary>
    public static Func<TokenGrid> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<float>>(column);
        var buffer = new VBuffer<float>();
        return () =>
        {
            getter(ref buffer);
            if (buffer.Length != 4)
                throw Error($"expected the 4 values (T, H, W, seconds per step), got {buffer.Length}.");

            Span<float> grid = stackalloc float[4];
            buffer.CopyTo(grid);
            for (var i = 0; i < 3; i++)
                if (!(grid[i] >= 1) || grid[i] > int.MaxValue || grid[i] != MathF.Floor(grid[i]))
                    throw Error($"{"THW"[i]} must be a whole number of at least 1, got {grid[i]}.");
            try
            {
                return new TokenGrid((int)grid[0], (int)grid[1], (int)grid[2], grid[3]);
            }
            catch (ArgumentOutOfRangeException error)
            {
                throw Error(error.Message, error);
            }
        };

        InvalidDataException Error(string message, Exception? inner = null) => RowError.At(row, column.Name, message, inner);
    }
}
