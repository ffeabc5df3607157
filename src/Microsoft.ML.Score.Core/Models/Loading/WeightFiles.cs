using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>The weights of a checkpoint folder by their headers: which files there are, whether each is whole, and the tensors that they name.</summary>
internal sealed class WeightFiles
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private const string GetAgain = "Get the file again from where the checkpoint came from, and compare its length or checksum.";

    private readonly string _folder;
    private readonly Dictionary<string, (string File, ShardTensor Tensor)> _tensors = [];
    private readonly HashSet<string> _unread = [];
    private readonly List<CheckpointFault> _shardFaults = [];
    private int _files;
    private long _bytes;

    public WeightFiles(string folder)
    {
        _folder = folder;
        var single = File.Exists(PathOf(SingleFile));
        ListFile = single || !File.Exists(PathOf(IndexFile)) ? SingleFile : IndexFile;
        if (single)
            IsListed = Open(SingleFile) is { } header && AddAll(SingleFile, header.Tensors);
        else if (ListFile == IndexFile)
            IsListed = ReadIndex();
        else
            _shardFaults.Add(new(SingleFile, null, $"'{SingleFile}', or '{IndexFile}' with the files that it names", "neither", "Get the weights; a folder of PyTorch's .bin files is saved again with transformers: save_pretrained(..., safe_serialization=True)."));
    }

    /// <summary>The file that says which tensors there are.</summary>
    public string ListFile { get; }

    /// <summary>Whether that could be read.</summary>
    public bool IsListed { get; }

    /// <summary>The tensors by their canonical names.</summary>
    public IReadOnlyDictionary<string, (string File, ShardTensor Tensor)> Tensors => _tensors;

    /// <summary>Whether a tensor that is not among them is in a file that could not be read.</summary>
    public bool IsUnread(string name) => _unread.Contains(name);

    public CheckpointCheck Shards() => new(
        "weight files", _files == 0 ? "none could be read" : $"{_files} {(_files == 1 ? "file" : "files")}, {ByteCount.Format(_bytes)}", _shardFaults);

    /// <param name="read">The tensors that the model reads; null where that is not known. Others may be of any type.</param>
    public CheckpointCheck Types(ExpectedTensors? read)
    {
        if (_files == 0)
            return CheckpointCheck.Skipped("types", "no weight file could be read");
        var unknown = _tensors.Where(item => read?.Contains(item.Key) == true && !TensorTypes.TryParse(item.Value.Tensor.Type, out _)).Select(item => item.Value);
        return new("types", string.Join(", ", _tensors.Values.Select(item => item.Tensor.Type).Distinct().Order(StringComparer.Ordinal)), [.. unknown.Select(item => new CheckpointFault(
            item.File, item.Tensor.Name, string.Join(", ", Enum.GetValues<TensorType>().Select(type => type.Word())), item.Tensor.ToString(), "Take the checkpoint that is not quantised, or save it again in BF16."))]);
    }

    private string PathOf(string file) => Path.Combine(_folder, file);

    private bool ReadIndex()
    {
        Dictionary<string, string> shards;
        try
        {
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(PathOf(IndexFile)), new JsonDocumentOptions { AllowDuplicateProperties = false });
            shards = document.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString() ?? "");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or InvalidDataException or IOException)
        {
            _shardFaults.Add(new(IndexFile, null, "a JSON object with the object \"weight_map\"", exception.Message, GetAgain));
            return false;
        }

        foreach (var shard in shards.GroupBy(pair => pair.Value, pair => pair.Key).OrderBy(shard => shard.Key, StringComparer.Ordinal))
            AddShard(shard.Key, [.. shard]);
        return true;
    }

    private void AddShard(string file, string[] names)
    {
        if (Open(file) is not { } header)
        {
            _unread.UnionWith(names.Select(Checkpoint.Canonical));
            return;
        }

        var stored = header.Tensors.ToDictionary(tensor => tensor.Name);
        foreach (var name in names.Where(name => !stored.ContainsKey(name)))
        {
            _unread.Add(Checkpoint.Canonical(name));
            _shardFaults.Add(new(file, name, $"the tensor, as '{IndexFile}' says", "absent", $"'{IndexFile}' and the file are of different downloads: get both again from one."));
        }

        AddAll(file, names.Where(stored.ContainsKey).Select(name => stored[name]));
    }

    private bool AddAll(string file, IEnumerable<ShardTensor> tensors)
    {
        foreach (var tensor in tensors)
            if (!_tensors.TryAdd(Checkpoint.Canonical(tensor.Name), (file, tensor)))
                _shardFaults.Add(new(file, tensor.Name, "each tensor once", $"also as '{_tensors[Checkpoint.Canonical(tensor.Name)].Tensor.Name}', its other name", "Remove one of the two."));
        return true;
    }

    /// <summary>Reads a header and records what is wrong with its file; null where there is no header.</summary>
    private ShardHeader? Open(string file)
    {
        if (file.Length == 0 || file.AsSpan().ContainsAny('/', '\\', '\0') || file is "." or "..")
        {
            _shardFaults.Add(new(IndexFile, null, "names of files beside it", $"'{file}'", GetAgain));
            return null;
        }

        var faults = _shardFaults.Count;
        try
        {
            if (PointerFile.At(PathOf(file)) is { } pointer)
            {
                _shardFaults.Add(new(file, null, "a safetensors file", pointer.What, pointer.NextStep));
                return null;
            }

            var header = ShardHeader.Read(PathOf(file));
            _files++;
            _bytes += header.FileLength;
            if (header.FileLength != header.ExpectedLength)
                _shardFaults.Add(new(file, null, $"{header.ExpectedLength} bytes", $"{header.FileLength} bytes", GetAgain));
            if (faults == _shardFaults.Count)
                SafetensorsFile.Open(PathOf(file)).Dispose();
            return header;
        }
        catch (FileNotFoundException)
        {
            _shardFaults.Add(new(file, null, "the file", "absent", GetAgain));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _shardFaults.Add(new(file, null, "a safetensors file", exception.Message, GetAgain));
        }

        return null;
    }
}
