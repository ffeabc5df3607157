using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// A summary of the rows that training has come by: how many, how many stills, and a hash of their captions. Data is enumerated again and again; each
/// row counts once, by its place. What a resumed run enumerates again counts no more, so that its summary is an undisturbed run's. Not safe for
/// concurrent use.
/// </summary>
internal sealed class SeenRows
{
    public int Count { get; private set; }

    public int Stills { get; private set; }

    /// <summary>SHA-256 over the hash before a row, its caption and whether it is a still; zeros before the first. So it can go on from what a checkpoint holds.</summary>
    public byte[] Hash { get; private set; } = new byte[SHA256.HashSizeInBytes];

    /// <summary>As a checkpoint holds it.</summary>
    public static SeenRows Of(int count, int stills, byte[] hash) => new() { Count = count, Stills = stills, Hash = hash };

    /// <summary>The rows, looked at as they pass.</summary>
    public IEnumerable<TrainingRow> Watch(IEnumerable<TrainingRow> rows)
    {
        var place = 0;
        foreach (var row in rows)
        {
            if (place++ == Count)
                Add(row);
            yield return row;
        }
    }

    private void Add(TrainingRow row)
    {
        Hash = SHA256.HashData([.. Hash, row.IsStill ? (byte)1 : (byte)0, .. Encoding.UTF8.GetBytes(row.Caption)]);
        Count++;
        Stills += row.IsStill ? 1 : 0;
    }
}
