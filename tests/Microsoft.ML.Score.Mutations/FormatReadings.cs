using System.Diagnostics;

namespace Score.Mutations;

/// <summary>What a reading may take, and where inputs are kept that failed; null for nowhere.</summary>
internal sealed record ReadingLimits(TimeSpan Time, string? FailureFolder);

/// <summary>What came of one format's readings.</summary>
internal sealed class ReadingCounts
{
    public long Inputs { get; set; }

    public long Valid { get; set; }

    public long Refused { get; set; }

    public int LongestMessage { get; set; }

    public TimeSpan Slowest { get; set; }

    public List<string> Failures { get; } = [];
}

/// <summary>Reads the damaged files of one format and holds each reading to the rules.</summary>
internal sealed class FormatReadings(MutatedFormat format, ReadingLimits limits)
{
    private const int LongestMessage = 500;

    /// <summary>What a reader of a file may allocate beyond what the whole file takes: a file of kilobytes that takes this lies about its size.</summary>
    private const long MostBytes = 64 << 20;

    private readonly ReadingCounts _counts = new();

    public ReadingCounts Read(IEnumerable<byte[]> inputs)
    {
        File.WriteAllBytes(format.Path, format.Bytes);
        if (Read() is { } undamaged)
        {
            _counts.Failures.Add($"the undamaged file cannot be read: {undamaged.Message}");
            return _counts;
        }

        var allowance = Allocated() + MostBytes;
        foreach (var input in inputs)
        {
            File.WriteAllBytes(format.Path, input);
            var start = Stopwatch.GetTimestamp();
            var before = GC.GetTotalAllocatedBytes();
            var fault = Task.Run(Read) is var reading && reading.Wait(limits.Time) ? Fault(reading.Result) : $"took more than {limits.Time.TotalSeconds} s";
            var time = Stopwatch.GetElapsedTime(start);
            if (GC.GetTotalAllocatedBytes() - before > allowance)
                fault ??= $"allocated {(GC.GetTotalAllocatedBytes() - before) >> 20} MiB";
            _counts.Inputs++;
            _counts.Slowest = time > _counts.Slowest ? time : _counts.Slowest;
            if (fault is not null)
                Fail(input, fault);
        }

        File.WriteAllBytes(format.Path, format.Bytes);
        return _counts;
    }

    private Exception? Read()
    {
        try
        {
            format.Read();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private long Allocated()
    {
        var before = GC.GetTotalAllocatedBytes();
        Read();
        return GC.GetTotalAllocatedBytes() - before;
    }

    /// <summary>What is wrong with how a reading ended; null when nothing is.</summary>
    private string? Fault(Exception? exception)
    {
        if (exception is null)
        {
            _counts.Valid++;
            return null;
        }

        _counts.LongestMessage = Math.Max(_counts.LongestMessage, exception.Message.Length);
        var named = exception.Message.Contains(Path.GetFileName(format.Path), StringComparison.Ordinal)
            || exception.Message.Contains(Path.GetDirectoryName(format.Path)!, StringComparison.Ordinal);
        var fault = exception is not InvalidDataException && exception.GetType() != format.OtherError ? "is of no type that readers document"
            : !named ? "does not name the file"
            : exception.Message.Length >= LongestMessage ? $"has {exception.Message.Length} characters"
            : exception.Message.Any(character => char.IsControl(character) && character != '\n') ? "has control characters"
            : null;
        _counts.Refused += fault is null ? 1 : 0;
        return fault is null ? null : $"the error {fault}: {exception.GetType().Name}: {exception.Message[..Math.Min(exception.Message.Length, 600)]} {exception.StackTrace?.Split('\n').FirstOrDefault()?.Trim()}";
    }

    private void Fail(byte[] input, string fault)
    {
        _counts.Failures.Add($"input {_counts.Inputs}: {fault}");
        if (limits.FailureFolder is not { } folder)
            return;
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, $"{format.Name.Replace(' ', '-').Replace('/', '-')}-{_counts.Inputs}-{Path.GetFileName(format.Path)}"), input);
    }
}
