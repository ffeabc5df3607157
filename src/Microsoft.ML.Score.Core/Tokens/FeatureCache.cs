using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// A folder of feature files, one for each video, encoder (with or without its statistics), frame processing and number type, so that a
/// video is encoded once. What comes out does not depend on whether it was there. Processes may share the folder: files appear whole or not
/// at all, and two that write the same one write the same. Only feature files of caches are ever deleted, the least recently used first.
/// Safe for concurrent use.
/// </summary>
/// <example><code>
/// var cache = new FeatureCache(new FeatureCacheOptions { Folder = "features" }, model.Info);
/// VideoTokens video = cache.GetOrAdd(FeatureCache.KeyOfFile("clip.mp4"), () => model.Encode(VideoFile.Open("clip.mp4")));
/// </code></example>
public sealed partial class FeatureCache
{
    // Left free on the disk, so that the cache is never what fills it.
    private const long FreeSpaceLeft = 1_000_000_000;

    // Of files as they were when they were hashed: reading a video of gigabytes each time that it is asked for would cost more than its features.
    private static readonly ConcurrentDictionary<(string Path, long Length, DateTime Written), byte[]> s_keysOfFiles = new();

    private readonly FeatureCacheOptions _options;
    private readonly VideoModelInfo _model;
    private readonly TensorType _type;
    private readonly Action<string> _warn;
    private readonly TimeProvider _time;
    private readonly string _suffix;
    private readonly Lock _room = new();
    private readonly ConcurrentDictionary<string, bool> _given = new();
    private int _isClean;
    private int _hasWarned;

    /// <param name="options">Where, and how many.</param>
    /// <param name="model">Whose encoder's tokens are kept.</param>
    /// <param name="type">How numbers are stored: F32, exact, by default; BF16 or F16, rounded to nearest, half the size.</param>
    /// <param name="warn">Told once where a video cannot be kept; null for no one.</param>
    /// <param name="time">The clock of what was used last; null means the system's.</param>
    /// <exception cref="ArgumentException">Options or type are out of range; the message names all of them.</exception>
    public FeatureCache(FeatureCacheOptions options, VideoModelInfo model, TensorType type = TensorType.F32, Action<string>? warn = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(model);
        options.Faults().ThrowIfAny(nameof(options));
        if (type is not (TensorType.F32 or TensorType.BF16 or TensorType.F16))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Features are stored as F32, BF16 or F16.");

        _options = options;
        _model = model;
        _type = type;
        _warn = warn ?? (_ => { });
        _time = time ?? TimeProvider.System;
        var statistics = model.EncoderStatistics ? "\nstatistics" : "";
        var encoder = SHA256.HashData(Encoding.UTF8.GetBytes($"{model.Fingerprint}\n{model.Processing}{statistics}"));
        _suffix = $"{Hex(encoder)}-{type.ToString().ToLowerInvariant()}.safetensors";
        Folder = options.FullFolder;
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The key of a video file: SHA-256 of its content, so that copies and renamed files are one video. A file that has not changed is read once in a process.</summary>
    /// <param name="path">The video file; a link is followed.</param>
    /// <returns>32 bytes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is a device, pipe or socket.</exception>
    public static byte[] KeyOfFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no video file '{path}'.", path);
        if (FileIdentity.Of(path) is { IsFileOrFolder: false })
            throw new InvalidDataException($"'{path}' is a device, pipe or socket; expected a video file.");

        var file = new FileInfo(AtomicFile.TargetOf(path));
        return s_keysOfFiles.GetOrAdd((file.FullName, file.Length, file.LastWriteTimeUtc), static key =>
        {
            using var stream = File.OpenRead(key.Path);
            return SHA256.HashData(stream);
        });
    }

    /// <summary>The key of a video in memory: SHA-256 of its size, rate and frames.</summary>
    /// <param name="rgb">Frames, [F, height, width, 3].</param>
    /// <param name="height">Frame height in pixels.</param>
    /// <param name="width">Frame width in pixels.</param>
    /// <param name="framesPerSecond">Frames a second.</param>
    /// <returns>32 bytes.</returns>
    public static byte[] KeyOfFrames(ReadOnlySpan<byte> rgb, int height, int width, double framesPerSecond)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"frames {height} {width} {framesPerSecond:R}\n")));
        hash.AppendData(rgb);
        return hash.GetHashAndReset();
    }

    /// <summary>The grid of a video's tokens, from the header of its file, if they are there; null if not, or if the file is damaged.</summary>
    /// <param name="video">Its key, 32 bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public TokenGrid? FindGrid(byte[] video)
    {
        using var tokens = TryOpen(PathOf(video));
        return tokens?.Grid;
    }

    /// <summary>The video's tokens: read, or encoded and kept. Where they cannot be kept, for want of space, they are given all the same.</summary>
    /// <param name="video">Its key.</param>
    /// <param name="encode">Gives the video's tokens; called only where they are needed.</param>
    /// <exception cref="IOException">The folder that was named cannot be written to.</exception>
    public VideoTokens GetOrAdd(byte[] video, Func<VideoTokens> encode)
    {
        ArgumentNullException.ThrowIfNull(encode);

        var path = PathOf(video);
        if (TryRead(path) is { } known)
            return known;
        var tokens = encode();
        if (WhyNotKept(path, tokens) is { } reason && Interlocked.Exchange(ref _hasWarned, 1) == 0)
            _warn($"Encoded videos are not kept and may be encoded again: {reason}");
        return _type == TensorType.F32 ? tokens : FeatureFile.Rounded(tokens, _type);
    }

    /// <summary>The full path of a video's feature file, written first where it is missing or damaged. This instance does not remove it again.</summary>
    /// <param name="video">The video's key.</param>
    /// <param name="encode">Gives the video's tokens; called only where they are needed.</param>
    /// <exception cref="IOException">There is no space for it, or the folder cannot be written to.</exception>
    public string GetOrAddFile(byte[] video, Func<VideoTokens> encode)
    {
        ArgumentNullException.ThrowIfNull(encode);

        var path = PathOf(video);
        _given[path] = true;
        using (var known = TryOpen(path))
            if (known is not null)
                return path;
        if (WhyNotKept(path, encode()) is { } reason)
            throw new IOException($"The feature file '{path}' is not written: {reason}");
        return path;
    }

    private string PathOf(byte[] video)
    {
        ArgumentNullException.ThrowIfNull(video);
        if (video.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException($"A key has {SHA256.HashSizeInBytes} bytes, got {video.Length}; make it with {nameof(KeyOfFile)} or {nameof(KeyOfFrames)}.", nameof(video));
        if (Interlocked.Exchange(ref _isClean, 1) == 0)
            AtomicFile.RemoveAbandoned(Folder, name => FileName().IsMatch(name));
        return Path.Combine(Folder, $"{Hex(video)}-{_suffix}");
    }

    // A file cut short or overwritten fails on its header, which gives every length. What it holds must be what was asked for, so that
    // a foreign file under this name is replaced too; the values are checked when they are read.
    private MappedTokens? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var tokens = MappedTokens.Open(path);
            if (tokens.EncoderFingerprint == _model.EncoderFingerprint && tokens.Dimension == _model.Dimension && tokens.Type == _type
                && tokens.DeepStackLevels == _model.DeepStackLevels)
            {
                Touch(path);
                return tokens;
            }

            tokens.Dispose();
            return null;
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null; // another process has just removed it, or another user's: then writing says so
        }
    }

    private VideoTokens? TryRead(string path)
    {
        using var tokens = TryOpen(path);
        try
        {
            return tokens?.ToVideoTokens();
        }
        catch (InvalidDataException)
        {
            return null; // a value is not finite
        }
    }

    private void Touch(string path)
    {
        try
        {
            File.SetLastAccessTimeUtc(path, _time.GetUtcNow().UtcDateTime);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's file: then its own times say when it was used.
        }
    }

    /// <summary>Keeps tokens; says why not where there is no room, or the user's own folder, which nobody asked for, cannot be written to.</summary>
    private string? WhyNotKept(string path, VideoTokens tokens)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            var size = tokens.Vectors.Length * (1L + tokens.DeepStack.Count) * _type.Size();
            lock (_room)
                if (WhyNoRoom(size) is { } reason)
                    return reason;
            FeatureFile.Write(path, tokens, _type);
            Touch(path);
            return null;
        }
        catch (Exception error) when (_options.Folder is null && error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private string? WhyNoRoom(long size)
    {
        var limit = _options.FullSizeLimit ?? long.MaxValue;
        var free = new DriveInfo(Folder).AvailableFreeSpace;
        var files = Files();
        var total = files.Sum(file => file.Length);
        var removable = _options.FullSizeLimit is null ? [] : files.Where(file => !_given.ContainsKey(file.Path)).OrderBy(file => file.Used).ToArray();
        var most = removable.Sum(file => file.Length); // nothing is removed in vain
        foreach (var file in total - most + size <= limit && free + most - size >= FreeSpaceLeft ? removable : [])
        {
            if (total + size <= limit && free - size >= FreeSpaceLeft)
                break;
            if (!TryDelete(file.Path))
                continue;
            total -= file.Length;
            free += file.Length;
        }

        return total + size > limit ? $"'{Folder}' holds {ByteCount.Format(total)}, and {ByteCount.Format(size)} more are beyond its limit of {ByteCount.Format(limit)}; raise {nameof(FeatureCacheOptions.SizeLimit)}, or name a {nameof(FeatureCacheOptions.Folder)} without one."
            : free - size < FreeSpaceLeft ? $"the disk of '{Folder}' has {ByteCount.Format(free)} left; {ByteCount.Format(size)} are needed, and {ByteCount.Format(FreeSpaceLeft)} stay free."
            : null;
    }

    /// <summary>The feature files of caches, whoever's; one that another process is removing just now may be left out.</summary>
    private List<(string Path, long Length, DateTime Used)> Files()
    {
        List<(string, long, DateTime)> files = [];
        foreach (var file in new DirectoryInfo(Folder).EnumerateFiles("*.safetensors").Where(file => FileName().IsMatch(file.Name)))
        {
            try
            {
                files.Add((file.FullName, file.Length, file.LastAccessTimeUtc));
            }
            catch (FileNotFoundException)
            {
                // It has just been removed.
            }
        }

        return files;
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // in use, or another user's
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{32}-[0-9a-f]{32}-(bf16|f16|f32)\.safetensors$")]
    private static partial Regex FileName();

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 16));
}
