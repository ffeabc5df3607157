using System.Runtime.InteropServices;

namespace Score.Cli.Output;

/// <summary>
/// Standard output or standard error, to which writing never fails: a command whose work is done must not lose it because nobody can read about it.
/// The first failure is remembered, and what comes after it is dropped.
/// </summary>
internal sealed class StandardStream : Stream
{
    private readonly Stream? _stream;

    /// <param name="stream">What to write to; null where it is closed.</param>
    public StandardStream(Stream? stream)
    {
        _stream = stream;
        Failure = stream is null ? new IOException("it is closed.") : null;
    }

    /// <summary>Puts standard output behind the console's writer.</summary>
    public static StandardStream UseAsOutput()
    {
        var stream = new StandardStream(IsInherited(1) ? Console.OpenStandardOutput() : null);
        Console.SetOut(new StreamWriter(stream, Console.OutputEncoding) { AutoFlush = true });
        return stream;
    }

    /// <summary>Puts standard error behind the console's writer.</summary>
    public static void UseAsError() =>
        Console.SetError(new StreamWriter(new StandardStream(IsInherited(2) ? Console.OpenStandardError() : null), Console.OutputEncoding) { AutoFlush = true });

    /// <summary>The first failure; null where all was written.</summary>
    public Exception? Failure { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Failure is not null)
            return;
        try
        {
            _stream!.Write(buffer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Failure = exception;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    // The console's streams hold nothing back.
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Whether the program was started with the descriptor. One that was closed then is by now something of the runtime's own, a pipe or a file, which
    /// text would damage; such are opened to be closed in child processes, and an inherited one cannot be.
    /// </summary>
    private static bool IsInherited(int descriptor)
    {
        const int GetDescriptorFlags = 1; // F_GETFD, which answers FD_CLOEXEC or 0, and -1 for a closed descriptor
        return OperatingSystem.IsWindows() || DescriptorControl(descriptor, GetDescriptorFlags) == 0;
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int DescriptorControl(int descriptor, int command);
}
