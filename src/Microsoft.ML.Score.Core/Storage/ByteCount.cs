using System.Globalization;

namespace Microsoft.ML.Score.Storage;

/// <summary>Numbers of bytes as people read them.</summary>
internal static class ByteCount
{
    /// <summary>"512 B", "3.2 MiB", "15.4 GiB".</summary>
    public static string Format(long bytes)
    {
        if (bytes < 1L << 10)
            return $"{bytes} B";
        var (value, unit) = bytes switch
        {
            < 1L << 20 => (bytes / (double)(1L << 10), "KiB"),
            < 1L << 30 => (bytes / (double)(1L << 20), "MiB"),
            _ => (bytes / (double)(1L << 30), "GiB"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {unit}");
    }
}
