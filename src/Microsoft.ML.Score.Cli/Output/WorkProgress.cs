using Microsoft.ML.Score.Storage;
using Spectre.Console;

namespace Score.Cli.Output;

/// <summary>
/// How far a piece of work is, on standard error: nothing for two seconds, then a bar where that is a terminal, else a plain line now and
/// then. Dispose it before anything is written past it. Calls come from one thread at a time.
/// </summary>
internal sealed class WorkProgress : IDisposable
{
    private static readonly TimeSpan s_quietTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_timeBetweenLines = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource _finished = new();
    private readonly TextWriter _error;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TextWriter? _terminal;
    private TimeSpan _nextLine = s_quietTime;
    private IAnsiConsole? _console;
    private Task? _bar;
    private volatile ProgressTask? _task;

    /// <param name="error">Standard error, or what stands for it.</param>
    /// <param name="time">The clock; null means the system's.</param>
    public WorkProgress(TextWriter error, TimeProvider? time = null)
    {
        _error = error;
        _time = time ?? TimeProvider.System;
        _start = _time.GetTimestamp();
        _terminal = (error as MessageWriter)?.Terminal;
    }

    /// <summary>Says that <paramref name="done"/> of <paramref name="total"/> parts are done.</summary>
    /// <param name="done">Parts done.</param>
    /// <param name="total">All parts; null where nobody knows.</param>
    /// <param name="description">What is being done, in a few words.</param>
    public void Report(int done, int? total, string description) =>
        Report(done, total, total is null ? $"{description}: {done}" : description, () => total is null ? $"{description}: {done}" : $"{description}: {done} of {total}");

    /// <summary>The same of bytes.</summary>
    /// <param name="done">Bytes done.</param>
    /// <param name="total">All bytes.</param>
    /// <param name="description">What is being done, in a few words.</param>
    public void ReportBytes(long done, long total, string description)
    {
        var text = $"{description}: {ByteCount.Format(done)} of {ByteCount.Format(total)}";
        Report(done, total, text, () => text);
    }

    private void Report(long done, long? total, string onBar, Func<string> line)
    {
        var elapsed = _time.GetElapsedTime(_start);
        if (elapsed < s_quietTime || _error is MessageWriter { IsQuiet: true })
            return;
        if (_terminal is not null)
            ShowBar(_terminal, done, total, VisibleText.Message(onBar));
        else if (elapsed >= _nextLine)
        {
            _error.WriteLine(line());
            _nextLine = elapsed + s_timeBetweenLines;
        }
    }

    /// <summary>Writes a message at once, above the bar where there is one.</summary>
    /// <param name="message">One line.</param>
    public void Say(string message)
    {
        if (_bar is null)
            _error.WriteLine(message);
        else
            _console!.WriteLine(VisibleText.Message(message));
    }

    public void Dispose()
    {
        _finished.TrySetResult();
        _bar?.GetAwaiter().GetResult();
    }

    private void ShowBar(TextWriter terminal, long done, long? total, string description)
    {
        _console ??= AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal) });
        _bar ??= _console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                _task = context.AddTask(Markup.Escape(description));
                return _finished.Task;
            });
        if (_task is not { } task)
            return;
        task.Description = Markup.Escape(description);
        task.IsIndeterminate = total is null;
        task.MaxValue = total ?? done + 1;
        task.Value = done;
    }
}
