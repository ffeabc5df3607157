namespace Microsoft.ML.Score.Datasets;

/// <summary>A folder with annotation files and videos that are empty files: opening a benchmark reads none.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BenchmarkFolder(params ReadOnlySpan<string> videos)
    {
        Directory.CreateDirectory(Videos);
        foreach (var video in videos)
        {
            var path = Path.Combine(Videos, video);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, []);
        }
    }

    public string Videos => _folder.File("videos");

    /// <summary>Writes an annotation file and gives its path; a name may have a folder in it.</summary>
    public string Write(string name, string text)
    {
        var path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string PathOf(string name) => _folder.File(name);

    public void Dispose() => _folder.Dispose();
}
