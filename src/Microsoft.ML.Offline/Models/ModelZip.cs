using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>
/// The model file, a zip of three entries: <c>manifest.json</c> (format name, version, SHA-256 of the others), <c>schema.bin</c> (the input
/// schema, empty when none was given) and <c>model.bin</c> (the transformer). The same model gives the same bytes.
/// </summary>
internal static class ModelZip
{
    private const string Format = "Microsoft.ML.Offline model";
    private const int Version = 1;
    private const string ManifestEntry = "manifest.json";
    private const string SchemaEntry = "schema.bin";
    private const string ModelEntry = "model.bin";

    private static readonly DateTimeOffset s_timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void WriteFile(string path, ITransformer model, DataViewSchema inputSchema)
    {
        var target = Path.GetFullPath(path);
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
                Write(stream, model, inputSchema);
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static void Write(Stream stream, ITransformer model, DataViewSchema inputSchema)
    {
        var schemaBytes = Bytes(writer =>
        {
            if (inputSchema is not null)
                SchemaFile.Write(writer, inputSchema);
        });
        var modelBytes = Bytes(writer => model.Save(new ModelSaveContext(writer)));
        var manifest = new Manifest(Format, Version, Convert.ToHexString(SHA256.HashData(schemaBytes)), Convert.ToHexString(SHA256.HashData(modelBytes)));

        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        WriteEntry(zip, ManifestEntry, JsonSerializer.SerializeToUtf8Bytes(manifest));
        WriteEntry(zip, SchemaEntry, schemaBytes);
        WriteEntry(zip, ModelEntry, modelBytes);
    }

    /// <exception cref="InvalidDataException">Not a model of this format and version, or damaged.</exception>
    public static ITransformer Read(Stream stream, IHostEnvironment environment, out DataViewSchema inputSchema)
    {
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            var manifest = JsonSerializer.Deserialize<Manifest>(ReadEntry(zip, ManifestEntry));
            if (manifest?.Format != Format)
                throw new InvalidDataException($"The zip is not a model of this library: its format is '{manifest?.Format}', expected '{Format}'");
            if (manifest.Version != Version)
                throw new InvalidDataException($"The model has layout version {manifest.Version}; this library reads version {Version}");

            var schemaBytes = CheckedEntry(zip, SchemaEntry, manifest.SchemaSha256);
            var modelBytes = CheckedEntry(zip, ModelEntry, manifest.ModelSha256);
            inputSchema = schemaBytes.Length == 0 ? null : SchemaFile.Read(Reader(schemaBytes));
            return new ModelLoadContext(Reader(modelBytes), environment).ReadTransformer();
        }
        catch (Exception exception) when (exception is IOException or JsonException or FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new InvalidDataException($"The model file is damaged or not a model: {exception.Message}", exception);
        }
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8))
            write(writer);
        return stream.ToArray();
    }

    private static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes), Encoding.UTF8);

    private static void WriteEntry(ZipArchive zip, string name, byte[] bytes)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = s_timestamp;
        using var stream = entry.Open();
        stream.Write(bytes);
    }

    private static byte[] CheckedEntry(ZipArchive zip, string name, string sha256)
    {
        var bytes = ReadEntry(zip, name);
        return Convert.ToHexString(SHA256.HashData(bytes)) == sha256
            ? bytes
            : throw new InvalidDataException($"The model file is damaged: the content of {name} does not match its checksum");
    }

    private static byte[] ReadEntry(ZipArchive zip, string name)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"The zip is not a model of this library: it has no {name}");
        using var stream = entry.Open();
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed record Manifest(string Format, int Version, string SchemaSha256, string ModelSha256);
}
