namespace Microsoft.ML.Score.Reports;

/// <summary>Tells reports from other files. Every page, picture and clip of this library carries its name, where its format has a place for that.</summary>
public static class ReportFile
{
    internal const string Mark = "Microsoft.ML.Score.Reports";

    // What is larger was not written here: pages and clips stay far below.
    private const long LargestFile = 256L << 20;

    /// <summary>Whether a file is a report, so that another may replace it.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Is(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return new FileInfo(path).Length <= LargestFile && File.ReadAllBytes(path).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Mark)) >= 0;
    }
}
