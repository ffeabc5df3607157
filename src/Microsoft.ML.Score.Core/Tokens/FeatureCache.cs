using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// A folder of feature files, one for each video, encoder (with or without its statistics), frame processing and number type. Processes may
/// share it: files appear whole or not at all, and two that write the same one write the same. Nothing is ever deleted but what killed
/// processes left half-written.
/// </summary>
/// <param name="folder">The folder, made when the first file is.</param>
/// <param name="type">BF16, F16 or F32.</param>
/// <param name="model">Whose encoder's tokens are kept.</param>
internal sealed partial class FeatureCache(string folder, TensorType type, VideoModelInfo model)
{
    private int _isClean;

    /// <summary>The full path of a video's feature file, written first where it is missing or damaged.</summary>
    /// <param name="video">SHA-256 of what tells the video from others: its content, or less where that is enough.</param>
    /// <param name="encode">Gives the video's tokens; called only where they are needed.</param>
    public string GetOrAdd(byte[] video, Func<VideoTokens> encode)
    {
        if (Interlocked.Exchange(ref _isClean, 1) == 0)
            AtomicFile.RemoveAbandoned(folder, name => FileName().IsMatch(name));
        var path = PathOf(video);
        if (IsWhole(path))
            return path;

        Directory.CreateDirectory(folder);
        FeatureFile.Write(path, encode(), type);
        return path;
    }

    private string PathOf(byte[] video)
    {
        var statistics = model.EncoderStatistics ? "\nstatistics" : "";
        var encoder = SHA256.HashData(Encoding.UTF8.GetBytes($"{model.Fingerprint}\n{model.Processing}{statistics}"));
        return Path.GetFullPath(Path.Combine(folder, $"{Hex(video)}-{Hex(encoder)}-{type.ToString().ToLowerInvariant()}.safetensors"));
    }

    // A file cut short or overwritten fails on its header, which gives every length. What it holds must be what was asked for, so that
    // a foreign file under this name is replaced too; the values are checked when they are read.
    private bool IsWhole(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using var tokens = MappedTokens.Open(path);
            return tokens.EncoderFingerprint == model.Fingerprint && tokens.Dimension == model.Dimension && tokens.Type == type;
        }
        catch (Exception error) when (error is InvalidDataException or FileNotFoundException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{32}-[0-9a-f]{32}-(bf16|f16|f32)\.safetensors$")]
    private static partial Regex FileName();

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 16));
}
