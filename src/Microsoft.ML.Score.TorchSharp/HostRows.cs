using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// Matrices between the host and a device, by ranges of rows: torch shows at most 2 GiB of a tensor as bytes, and what is not on the host's
/// side takes one range of memory there rather than the whole.
/// </summary>
internal static class HostRows
{
    private const long RangeBytes = 256 << 20;

    /// <summary>A matrix of single-precision values on the device.</summary>
    public static torch.Tensor Upload(ReadOnlySpan<float> values, int rows, int columns, torch.Device device)
    {
        var matrix = torch.empty(rows, columns, torch.ScalarType.Float32, device);
        var ranges = new Ranges(matrix);
        while (ranges.Next())
        {
            using var range = Host(matrix, ranges.Start, ranges.Count);
            MemoryMarshal.AsBytes(values.Slice(ranges.Start * columns, ranges.Count * columns)).CopyTo(range.bytes);
            Put(range, matrix, ranges.Start);
        }

        return matrix;
    }

    /// <summary>
    /// Rows of a stored matrix on the device. Stored bfloat16 stays what it is, bit by bit; other types become
    /// <paramref name="type"/> by way of one range in single precision.
    /// </summary>
    public static torch.Tensor Upload(IStoredValues values, int firstRow, int rows, int columns, torch.ScalarType type, torch.Device device)
    {
        var matrix = torch.empty(rows, columns, values.IsBFloat16 ? torch.ScalarType.BFloat16 : type, device);
        var ranges = new Ranges(matrix);
        while (ranges.Next())
        {
            var (start, count) = ((long)(firstRow + ranges.Start) * columns, ranges.Count * columns);
            using var range = Host(matrix, ranges.Start, ranges.Count, values.IsBFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32);
            if (values.IsBFloat16)
                MemoryMarshal.AsBytes(values.BFloat16(start, count)).CopyTo(range.bytes);
            else
                values.Read(start, MemoryMarshal.Cast<byte, float>(range.bytes));
            Put(range, matrix, ranges.Start);
        }

        return matrix;
    }

    /// <summary>The values of a matrix in single precision.</summary>
    public static void Download(torch.Tensor matrix, Span<float> destination)
    {
        var columns = (int)matrix.shape[1];
        var ranges = new Ranges(matrix);
        while (ranges.Next())
        {
            using var rows = matrix.narrow(0, ranges.Start, ranges.Count);
            using var host = rows.to(torch.ScalarType.Float32).cpu();
            MemoryMarshal.Cast<byte, float>(host.bytes).CopyTo(destination[(ranges.Start * columns)..]);
        }
    }

    /// <summary>Rows of a matrix where they stand if that is the host and their type is right, memory for as many otherwise.</summary>
    private static torch.Tensor Host(torch.Tensor matrix, int start, int count, torch.ScalarType? type = null) =>
        matrix.device_type == DeviceType.CPU && (type ?? matrix.dtype) == matrix.dtype
            ? matrix.narrow(0, start, count)
            : torch.empty(count, matrix.shape[1], type ?? matrix.dtype, torch.CPU);

    private static void Put(torch.Tensor range, torch.Tensor matrix, int start)
    {
        if (matrix.device_type == DeviceType.CPU && range.dtype == matrix.dtype)
            return;
        using var rows = matrix.narrow(0, start, range.shape[0]);
        rows.copy_(range);
    }

    /// <summary>The ranges of rows of a matrix, one after the other.</summary>
    private struct Ranges(torch.Tensor matrix)
    {
        private readonly int _all = (int)matrix.shape[0];
        private readonly int _most = (int)Math.Clamp(RangeBytes / Math.Max(1, sizeof(float) * matrix.shape[1]), 1, int.MaxValue);

        public int Start { get; private set; }

        public int Count { get; private set; }

        public bool Next()
        {
            Start += Count;
            Count = Math.Min(_most, _all - Start);
            return Count > 0;
        }
    }
}
