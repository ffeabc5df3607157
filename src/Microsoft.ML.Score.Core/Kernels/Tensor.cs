namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// A row-major matrix of single-precision activations, [Rows, Columns], living wherever its backend keeps it. Dispose it as soon as it is
/// not needed: the memory goes back to the backend.
/// </summary>
internal abstract class Tensor(int rows, int columns) : IDisposable
{
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>The same values seen as [rows, columns]; a view that owns nothing and dies with this tensor.</summary>
    public abstract Tensor Reshape(int rows, int columns);

    /// <summary>Rows [start, start + count) of this tensor; a view that owns nothing and dies with it.</summary>
    public abstract Tensor RowRange(int start, int count);

    public abstract void Dispose();

    public override string ToString() => $"[{Rows}, {Columns}]";
}

/// <summary>A weight matrix [Rows, Columns] = [out, in] in the type it is stored in; kernels widen it while they work.</summary>
internal abstract class Weight(int rows, int columns) : IDisposable
{
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public abstract void Dispose();
}
