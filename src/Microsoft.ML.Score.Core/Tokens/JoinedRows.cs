using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The tokens of a video as rows [vector | deepstack_0 | deepstack_1 | ...] of (1 + L) D values, in the type they are stored in. Rows are put
/// together anew whenever they are asked for, so that no second copy of a video ever stands in memory.
/// </summary>
/// <param name="video">Tokens with L DeepStack tensors.</param>
internal sealed class JoinedRows(ITokenRows video) : ITokenRows
{
    private readonly int _parts = 1 + video.DeepStackLevels;

    public TokenGrid Grid => video.Grid;

    /// <summary>(1 + L) D.</summary>
    public int Dimension { get; } = checked(video.Dimension * (1 + video.DeepStackLevels));

    public TensorType Type => video.Type;

    public ReadOnlySpan<byte> Rows(int first, int count)
    {
        var length = video.Dimension * Type.Size();
        var joined = GC.AllocateUninitializedArray<byte>(checked(count * _parts * length));
        for (var part = 0; part < _parts; part++)
        {
            var rows = part == 0 ? video.Rows(first, count) : video.DeepStackRows(part - 1, first, count);
            for (var i = 0; i < count; i++)
                rows.Slice(i * length, length).CopyTo(joined.AsSpan((i * _parts + part) * length));
        }

        return joined;
    }
}
