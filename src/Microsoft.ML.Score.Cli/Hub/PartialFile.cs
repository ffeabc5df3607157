using System.Security.Cryptography;
using System.Text;

namespace Score.Cli.Hub;

/// <summary>The part of a file that was downloaded so far, by this run and those before it, which appears under its own name only once its bytes are right.</summary>
internal sealed class PartialFile : IDisposable
{
    /// <summary>What stands after the blob's name until it is whole; as Python's huggingface_hub has it, which can go on with it.</summary>
    public const string Extension = ".incomplete";

    private readonly HubFile _file;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash;

    private PartialFile(HubFile file, FileStream stream) =>
        (_file, _stream, _hash) = (file, stream, IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1));

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>Takes what is there, or begins. Its bytes are read for the checksum, which is looked at in the end.</summary>
    /// <param name="path">The blob.</param>
    /// <param name="file">What it is to be.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static PartialFile Open(string path, HubFile file, CancellationToken cancellationToken)
    {
        var part = new PartialFile(file, new FileStream(path + Extension, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        try
        {
            part.Read(cancellationToken);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Adds bytes that came; there are at most as many as are missing.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
        Length += bytes.Length;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _ = _hash.GetHashAndReset();
        BeginHash();
        Length = 0;
    }

    /// <summary>Gives the file its name where its bytes are right; else begins anew.</summary>
    /// <returns>Whether they are.</returns>
    public bool TryFinish(string path)
    {
        if (Convert.ToHexStringLower(_hash.GetCurrentHash()) != _file.Hash)
        {
            Clear();
            return false;
        }

        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(path + Extension, path, overwrite: true);
        return true;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private void Read(CancellationToken cancellationToken)
    {
        BeginHash();
        if (_stream.Length > _file.Size)
            Clear();
        var buffer = new byte[1 << 20];
        while (_stream.Read(buffer) is > 0 and var read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _hash.AppendData(buffer, 0, read);
            Length += read;
        }
    }

    private void BeginHash()
    {
        if (!_file.IsLarge)
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"blob {_file.Size}\0")));
    }
}
