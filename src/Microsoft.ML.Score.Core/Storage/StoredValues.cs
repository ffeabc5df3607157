using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Storage;

/// <summary>Single precision from and to the floating-point types that files store.</summary>
internal static class StoredValues
{
    /// <summary>
    /// Effectively computes <c>destination[i] = (float)source[i]</c>, where source holds values of <paramref name="type"/>. F64 is rounded,
    /// the others are exact.
    /// </summary>
    public static void Widen(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorType.BF16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a floating-point type.");
        }
    }

    /// <summary>The bytes of the values stored as <paramref name="type"/>; rounded to nearest, ties to even.</summary>
    public static byte[] Narrow(TensorType type, ReadOnlySpan<float> source)
    {
        switch (type)
        {
            case TensorType.F32:
                return MemoryMarshal.AsBytes(source).ToArray();
            case TensorType.F16:
                var halves = new byte[checked(source.Length * 2)];
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(halves.AsSpan()));
                return halves;
            case TensorType.BF16:
                var upper = new byte[checked(source.Length * 2)];
                var target = MemoryMarshal.Cast<byte, ushort>(upper.AsSpan());
                for (var i = 0; i < source.Length; i++)
                    target[i] = ToBFloat16(source[i]);
                return upper;
            case TensorType.F64:
                var doubles = new byte[checked(source.Length * 8)];
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(doubles.AsSpan()));
                return doubles;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a floating-point type.");
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var pairs = MemoryMarshal.Cast<ushort, Vector<ushort>>(source);
        var singles = MemoryMarshal.Cast<float, Vector<float>>(destination)[..(2 * pairs.Length)];
        for (var i = 0; i < pairs.Length; i++)
        {
            Vector.Widen(pairs[i], out var low, out var high);
            singles[2 * i] = Vector.AsVectorSingle(low << 16);
            singles[2 * i + 1] = Vector.AsVectorSingle(high << 16);
        }

        for (var i = pairs.Length * Vector<ushort>.Count; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return (ushort)((bits >> 16) | 0x40); // stays a NaN even when its payload is in the lower half
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
