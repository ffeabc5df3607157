using Microsoft.ML.Score.Training;

namespace Score.Cli.Training;

/// <summary>
/// Keeps a finished training's files from the same command given again. What tells that it is finished is what it wrote last: its output, or a metrics
/// record that ends in the verdict. A checkpoint beside them that is not finished, or that goes with the output, is of a run to go on with.
/// </summary>
/// <param name="output">The policy or pipeline.</param>
/// <param name="metrics">The metrics record; null for none.</param>
/// <param name="checkpoint">The checkpoint's file.</param>
/// <param name="staysFinished">Whether the checkpoint stays when training has ended.</param>
internal sealed class FinishedTraining(string output, string? metrics, string checkpoint, bool staysFinished)
{
    private const string VerdictStart = "{\"kind\":\"verdict\"";

    /// <summary>Refuses to train over the files of a finished training, or makes the way free.</summary>
    /// <param name="overwrite">Whether they may go.</param>
    /// <exception cref="IOException">They are there and may not go.</exception>
    public void MakeWay(bool overwrite)
    {
        if (WhatIsThere() is null)
            return;
        ThrowIfThere(overwrite);
        if (File.Exists(checkpoint))
            File.Delete(checkpoint);
    }

    /// <summary>Refuses to train over the files of a finished training, and changes nothing.</summary>
    /// <param name="overwrite">Whether they may go.</param>
    /// <exception cref="IOException">They are there and may not go.</exception>
    public void ThrowIfThere(bool overwrite)
    {
        if (!overwrite && WhatIsThere() is { } there)
            throw new IOException($"{there}, of a training that has ended, so nothing is done. Give --overwrite to train anew over its files, or name other ones.");
    }

    private string? WhatIsThere()
    {
        if (File.Exists(checkpoint) && !(staysFinished && ScoreTrainer.IsFinishedCheckpoint(checkpoint)))
            return null;
        if (new FileInfo(output) is { Exists: true, Length: > 0 })
            return $"--output: '{output}' is there";
        return !File.Exists(checkpoint) && metrics is not null && File.Exists(metrics) && File.ReadLines(metrics).Any(line => line.StartsWith(VerdictStart, StringComparison.Ordinal))
            ? $"--metrics: '{metrics}' is there and complete"
            : null;
    }
}
