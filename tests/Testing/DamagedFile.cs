using System.Text;

namespace Microsoft.ML.Score.Testing;

/// <summary>Files as they come out of a broken disk, a cut-off download or a careless edit, and what a reader may make of them.</summary>
public static class DamagedFile
{
    // Bytes on which text formats turn.
    private static readonly byte[] s_replacements = [0, (byte)'"', (byte)'9', (byte)'{', (byte)'}', (byte)',', (byte)'-', (byte)' ', 0x80, 0xFF];

    /// <summary>The bytes cut off at every place, and with every byte changed, by turns in one bit and to another byte.</summary>
    public static IEnumerable<byte[]> Variants(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            yield return bytes[..i];
            yield return Changed(bytes, i, i % 2 == 0 ? (byte)(bytes[i] ^ (1 << (i / 2 % 8))) : s_replacements[i / 2 % s_replacements.Length]);
        }
    }

    /// <summary>Runs a reader, which may succeed or throw <see cref="InvalidDataException"/>, and may not allocate out of proportion.</summary>
    /// <param name="bytes">What it reads, for the message.</param>
    /// <param name="allowance">Bytes that it may allocate.</param>
    /// <param name="read">The reader; other exceptions than those that it documents fail the test.</param>
    public static void ReadsOrRefuses(byte[] bytes, long allowance, Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (InvalidDataException)
        {
        }
        catch (Exception exception)
        {
            Assert.Fail($"{exception.GetType()} for <{Encoding.UTF8.GetString(bytes)}>: {exception}");
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(allowance), () => $"bytes allocated for <{Encoding.UTF8.GetString(bytes)}>");
    }

    /// <summary>Bytes that reading the undamaged file allocates.</summary>
    public static long Allocated(Action read)
    {
        read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        read();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Changed(byte[] bytes, int index, byte value)
    {
        var changed = (byte[])bytes.Clone();
        changed[index] = value;
        return changed;
    }
}
