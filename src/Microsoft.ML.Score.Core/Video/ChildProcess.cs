using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// A program run with arguments that no shell reads, its output read as a stream and the end of its error output kept. Disposing kills it if it still runs;
/// on Unix it also dies with this process, however that ends. Its input is empty where it is watched so, and this process's own elsewhere.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const string Shell = "/bin/sh";
    private const int KeptErrorLines = 6;
    private const int KeptLineLength = 300;

    // Is told the program's id, waits for the end of its input, which this process alone holds open, then ends the program, and what it has
    // started where it is a script. What a terminal sends to all processes of a command must not end the watch before the program.
    private const string Watch = "exec >/dev/null 2>&1; trap '' INT TERM HUP; read -r id && read -r _; [ -z \"$id\" ] || kill -9 $id $(cat /proc/$id/task/$id/children)";

    // The program begins as a shell that waits until the watcher knows it, so that no moment is left in which it would outlive this process.
    private const string Gate = "read -r _ && exec \"$@\" </dev/null";

    private readonly string _program;
    private readonly Process _process;
    private readonly Process? _watcher;
    private readonly Queue<string> _errorLines = new();
    private readonly Timer _timer;
    private volatile bool _timedOut;

    /// <param name="program">Name, found on PATH, or path.</param>
    /// <param name="arguments">Arguments as the program shall see them.</param>
    /// <exception cref="InvalidOperationException">The program is not installed.</exception>
    public ChildProcess(string program, IEnumerable<string> arguments)
    {
        _program = program;
        _watcher = IsInstalled(program) ? StartWatcher() : null;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(_watcher is null ? program : Shell, _watcher is null ? arguments : ["-c", Gate, Shell, program, .. arguments])
            {
                RedirectStandardInput = _watcher is not null,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
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
            _watcher?.Kill();
            _watcher?.Dispose();
            throw new InvalidOperationException(
                $"The program '{program}' could not be started ({exception.Message}). Reading video files and images, and writing clips, needs FFmpeg's programs ffmpeg and ffprobe on the PATH: " +
                "install the package ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg).", exception);
        }

        if (_watcher is not null)
        {
            Tell(_watcher, _process.Id.ToString(CultureInfo.InvariantCulture));
            Tell(_process, "");
        }

        _process.BeginErrorReadLine();
        _timer = new Timer(_ =>
        {
            _timedOut = true;
            Kill();
        });
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The last lines of the error output, complete once the program has ended.</summary>
    public string ErrorTail
    {
        get
        {
            lock (_errorLines)
                return _errorLines.Count > 0 ? string.Join("; ", _errorLines)
                    : _process.HasExited && Signal(_process.ExitCode) is { } signal ? $"it was ended by signal {signal}"
                    : "no message";
        }
    }

    /// <summary>Whether the program has written to its error output.</summary>
    public bool HasComplained
    {
        get
        {
            lock (_errorLines)
                return _errorLines.Count > 0;
        }
    }

    /// <summary>Reads from the output within a time; the program is killed when it is over.</summary>
    /// <param name="read">Gives what it can when the program is killed.</param>
    /// <param name="timeout">How long the program may take.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public TResult Within<TResult>(Func<TResult> read, TimeSpan timeout)
    {
        _timer.Change(timeout, Timeout.InfiniteTimeSpan);
        var result = read();
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return !_timedOut ? result : throw new TimeoutException(string.Create(
            CultureInfo.InvariantCulture, $"{Path.GetFileName(_program)} made no progress for {timeout.TotalSeconds:0.###} s"));
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
    public int WaitForExit()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>The number of the signal that an exit code tells of; null for a code of the program's own.</summary>
    public static int? Signal(int exitCode) => !OperatingSystem.IsWindows() && exitCode > 128 ? exitCode - 128 : null;

    public void Kill() => Kill(_process);

    public void Dispose()
    {
        _timer.Dispose();
        Kill();
        _process.Dispose();
        if (_watcher is null)
            return;
        Kill(_watcher);
        _watcher.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private static void Tell(Process process, string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has been killed: without its watcher the program ends when it next writes to nobody.
        }
    }

    /// <summary>The shell would tell of a missing program only after it has been started.</summary>
    private static bool IsInstalled(string program) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Null where there is no shell.</summary>
    private static Process? StartWatcher()
    {
        if (OperatingSystem.IsWindows() || !File.Exists(Shell))
            return null;
        try
        {
            return Process.Start(new ProcessStartInfo(Shell, ["-c", Watch]) { RedirectStandardInput = true });
        }
        catch (Win32Exception)
        {
            return null;
        }
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
