using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Video;

/// <summary>A program run without a shell, its output read as a stream and the end of its error output kept. Disposing kills it if it still runs.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int KeptErrorLines = 6;
    private const int KeptLineLength = 300;

    private readonly Process _process;
    private readonly Queue<string> _errorLines = new();

    /// <param name="program">Name, found on PATH, or path.</param>
    /// <param name="arguments">Arguments as the program shall see them.</param>
    /// <param name="readsInput">Whether the program reads what is written to <see cref="Input"/>; else it shares this process's input.</param>
    /// <exception cref="InvalidOperationException">The program is not installed.</exception>
    public ChildProcess(string program, IEnumerable<string> arguments, bool readsInput = false)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = readsInput,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                CreateNoWindow = true,
            },
        };
        _process.ErrorDataReceived += (_, line) => KeepError(line.Data);
        try
        {
            _process.Start();
        }
        catch (Win32Exception exception)
        {
            _process.Dispose();
            throw new InvalidOperationException(
                $"The program '{program}' could not be started ({exception.Message}). Reading video files and images needs FFmpeg's programs ffmpeg and ffprobe on the PATH: " +
                "install the package ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg).", exception);
        }

        _process.BeginErrorReadLine();
    }

    /// <summary>To be closed when all is written.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The last lines of the error output, complete once the program has ended.</summary>
    public string ErrorTail
    {
        get
        {
            lock (_errorLines)
                return _errorLines.Count == 0 ? "no message" : string.Join("; ", _errorLines);
        }
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
    public int WaitForExit()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void KeepError(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        line = Address().Replace(line, "");
        lock (_errorLines)
        {
            if (_errorLines.Count == KeptErrorLines)
                _errorLines.Dequeue();
            _errorLines.Enqueue(line.Length <= KeptLineLength ? line : line[..KeptLineLength] + "...");
        }
    }

    /// <summary>What FFmpeg writes behind the name of a part, "[mov @ 0x55bb129cd000]": another one in every run, and results hold these messages.</summary>
    [GeneratedRegex(" @ 0x[0-9a-f]+(?=])")]
    private static partial Regex Address();
}
