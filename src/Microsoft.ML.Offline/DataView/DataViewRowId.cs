namespace Microsoft.ML.Data;

/// <summary>A 128-bit id that stays with a row through row-to-row transforms.</summary>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    public readonly ulong Low;
    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }

    public override string ToString() => $"{High:x16}{Low:x16}";

    public int CompareTo(DataViewRowId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Low, High);

    public DataViewRowId Fork() => Mix(this, new DataViewRowId(0x9E3779B97F4A7C15, 0xD1B54A32D192ED03));

    public DataViewRowId Next() => Mix(this, new DataViewRowId(0xBF58476D1CE4E5B9, 0x94D049BB133111EB));

    public DataViewRowId Combine(DataViewRowId other) => Mix(this, Mix(other, default));

    // Two rounds of the 64-bit finaliser of MurmurHash3 over both halves, each half feeding the other.
    private static DataViewRowId Mix(DataViewRowId left, DataViewRowId right)
    {
        var low = Scramble(left.Low + right.Low);
        var high = Scramble(left.High + right.High + low);
        return new DataViewRowId(Scramble(low + ulong.RotateLeft(high, 29)), high);
    }

    private static ulong Scramble(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
