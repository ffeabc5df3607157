using System.IO.Compression;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Saving;

/// <summary>
/// Loads the zip of a pipeline by ML.NET's own loader, which trusts what it reads. Before it sees them the entries are held against limits, and whatever it throws
/// becomes one kind of error that names the file.
/// </summary>
internal static class PipelineZip
{
    private const long AnyLength = 1L << 26;
    private const long MostGrowth = 100;

    /// <param name="catalog">ML.NET's loader.</param>
    /// <param name="stream">The zip; any position.</param>
    /// <param name="name">The zip in messages.</param>
    /// <param name="inputSchema">The schema that the pipeline was saved with.</param>
    /// <exception cref="InvalidDataException">It is no zip of a pipeline, is damaged, asks for something that is not here, or swells out of proportion.</exception>
    public static ITransformer Load(ModelOperationsCatalog catalog, Stream stream, string name, out DataViewSchema inputSchema)
    {
        try
        {
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true))
                foreach (var entry in zip.Entries)
                    ThrowIfSwelling(entry);
            stream.Position = 0;
            return catalog.Load(stream, out inputSchema) ?? throw new InvalidDataException("it holds a schema and no model");
        }
        catch (Exception error) // of whatever kind: ML.NET reads what the file says without asking whether it can be so
        {
            throw Unloadable(name, error);
        }
    }

    /// <summary>Why the zip cannot be loaded, under its name. What ML.NET's components throw comes wrapped in "Error during class instantiation".</summary>
    public static InvalidDataException Unloadable(string name, Exception error)
    {
        var reason = error is InvalidDataException ? error : error.GetBaseException();
        return new($"The pipeline '{name}' cannot be loaded: {Excerpt.Of(reason)}", error);
    }

    /// <summary>ML.NET copies an entry to memory or disk as far as it goes; no more than is claimed here comes out of it.</summary>
    private static void ThrowIfSwelling(ZipArchiveEntry entry)
    {
        if (entry.Length > AnyLength && entry.Length / MostGrowth > entry.CompressedLength)
            throw new InvalidDataException(
                $"its entry '{Excerpt.Of(entry.FullName)}' grows from {entry.CompressedLength} bytes to {entry.Length}, more than {MostGrowth} times, as no saved pipeline does");
    }
}
