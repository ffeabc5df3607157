namespace Microsoft.ML.Score.Experiment;

/// <summary>Passes on one report in ten and the last, on the thread that reports.</summary>
internal sealed class EveryTenth(int last, Action<int> report) : IProgress<int>
{
    public void Report(int value)
    {
        if (value % 10 == 0 || value == last)
            report(value);
    }
}
