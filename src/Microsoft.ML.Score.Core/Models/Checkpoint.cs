using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// The weights of a model in Hugging Face layout, one file or several with an index, under the names of the released
/// files: <c>model.language_model.X</c> of newer files reads <c>model.X</c>, and <c>model.visual.X</c> reads <c>visual.X</c>.
/// Owns the mapped files; safe for concurrent reading until disposed.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private const int MostNamed = 2;

    private readonly Dictionary<string, (SafetensorsFile File, string StoredName)> _tensors = [];
    private readonly List<SafetensorsFile> _files = [];

    private Checkpoint(CheckpointFiles source)
    {
        Description = source.Description;
        try
        {
            if (source.Exists(SingleFile))
            {
                var file = Add(source, SingleFile);
                foreach (var name in file.Tensors.Keys)
                    Add(file, name);
            }
            else if (source.Exists(IndexFile))
            {
                foreach (var shard in ReadIndex(source).GroupBy(pair => pair.Value, pair => pair.Key))
                {
                    var file = Add(source, shard.Key);
                    foreach (var name in shard)
                        Add(file, name);
                }
            }
            else
            {
                throw new FileNotFoundException($"There is neither '{SingleFile}' nor '{IndexFile}' in {Description}.", SingleFile);
            }

            Fingerprint = ComputeFingerprint(source.ReadAllBytes("config.json"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the files are, for messages.</summary>
    public string Description { get; }

    /// <summary>The canonical names of all tensors, in no order.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>
    /// SHA-256, in lower-case hexadecimal, over config.json and the canonical names, types and shapes of all tensors, then a full stop and
    /// 16 digits of one over a sample of their values.
    /// </summary>
    public string Fingerprint { get; }

    /// <exception cref="FileNotFoundException">There are no weights or no config.json.</exception>
    /// <exception cref="InvalidDataException">A file is corrupt or cut off, a shard is missing, or index and shards disagree.</exception>
    public static Checkpoint Open(CheckpointFiles source) => new(source);

    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>What the header says of a tensor that the checkpoint contains, by its canonical name.</summary>
    public TensorEntry Entry(string name) => _tensors[name].File.Tensors[_tensors[name].StoredName];

    /// <summary>A tensor by its canonical name.</summary>
    /// <exception cref="InvalidDataException">There is no such tensor, its shape is another, or it does not hold floating-point numbers of a type that is read.</exception>
    public WeightTensor Get(string name, params ReadOnlySpan<int> expectedShape)
    {
        if (!_tensors.TryGetValue(name, out var at))
            throw new InvalidDataException($"There is no tensor '{name}' {TensorTypes.Describe(expectedShape)} in {Description}.");
        var entry = Entry(name);
        var matches = entry.Shape.Count == expectedShape.Length;
        for (var i = 0; matches && i < expectedShape.Length; i++)
            matches = entry.Shape[i] == expectedShape[i];
        if (!matches)
            throw new InvalidDataException($"Tensor '{name}' in {Description} is {entry}, expected the shape {TensorTypes.Describe(expectedShape)}.");
        if (!entry.IsFloatingPoint)
            throw new InvalidDataException($"Tensor '{name}' in {Description} is {entry}, expected F64, F32, F16 or BF16.");

        return new WeightTensor(at.File, at.StoredName, name, expectedShape.ToArray());
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    /// <summary>The name of the released files for one of newer files.</summary>
    internal static string Canonical(string name) =>
        name.StartsWith("model.language_model.", StringComparison.Ordinal) ? "model." + name["model.language_model.".Length..]
        : name.StartsWith("model.visual.", StringComparison.Ordinal) ? name["model.".Length..]
        : name;

    private SafetensorsFile Add(CheckpointFiles source, string fileName)
    {
        var file = source.OpenSafetensors(fileName);
        _files.Add(file);
        return file;
    }

    private void Add(SafetensorsFile file, string storedName)
    {
        if (!file.Tensors.ContainsKey(storedName))
            throw new InvalidDataException($"'{IndexFile}' in {Description} says that '{file.Name}' holds the tensor '{Excerpt.Of(storedName)}', but it does not.");
        if (!_tensors.TryAdd(Canonical(storedName), (file, storedName)))
            throw new InvalidDataException($"The tensor '{Excerpt.Of(Canonical(storedName))}' is in {Description} twice, under old and new name.");
    }

    /// <summary>Tensor name to shard file name.</summary>
    private static Dictionary<string, string> ReadIndex(CheckpointFiles source)
    {
        var shards = new Dictionary<string, string>();
        try
        {
            using var document = JsonDocument.Parse(source.ReadAllBytes(IndexFile), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"'{IndexFile}' in {source.Description} has no object \"weight_map\".");
            foreach (var pair in map.EnumerateObject())
            {
                var shard = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : "";
                if (shard.Length == 0 || shard.AsSpan().ContainsAny('/', '\\', '\0') || shard is "." or "..")
                    throw new InvalidDataException(
                        $"'{IndexFile}' in {source.Description} puts the tensor '{Excerpt.Of(pair.Name)}' in {Excerpt.Of(pair.Value.GetRawText())}, expected the name of a file beside it.");
                shards.Add(pair.Name, shard);
            }

            if (shards.Values.Distinct().Where(shard => !source.Exists(shard)).Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } missing)
                throw new InvalidDataException(
                    $"{missing.Length} of the files that '{IndexFile}' in {source.Description} names are missing: "
                    + $"'{string.Join("', '", missing.Take(MostNamed).Select(Excerpt.Of))}'{(missing.Length > MostNamed ? ", ..." : "")}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader reports bytes or escapes that are no characters.
            throw new InvalidDataException($"'{IndexFile}' in {source.Description} is not valid JSON: {Excerpt.Of(e)}", e);
        }

        return shards;
    }

    private string ComputeFingerprint(byte[] config)
    {
        using var layout = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var values = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        layout.AppendData(config);
        foreach (var (name, at) in _tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            layout.AppendData(Encoding.UTF8.GetBytes($"\n{name} {at.File.Tensors[at.StoredName]}"));
            AppendSample(values, at.File, at.StoredName);
        }

        return FingerprintParts.Join(
            Convert.ToHexStringLower(layout.GetHashAndReset()), Convert.ToHexStringLower(values.GetHashAndReset().AsSpan(0, FingerprintParts.ValuesLength / 2)));
    }

    // Start, middle and end: training moves every tensor that it trains all over, and each piece is a page to read from the disk.
    private static void AppendSample(IncrementalHash hash, SafetensorsFile file, string name)
    {
        const int piece = 256;
        var length = file.Tensors[name].ByteLength;
        if (length <= 3 * piece)
        {
            hash.AppendData(file.RawBytes(name, 0, (int)length));
            return;
        }

        foreach (var start in (ReadOnlySpan<long>)[0, length / 2, length - piece])
            hash.AppendData(file.RawBytes(name, start, piece));
    }
}
