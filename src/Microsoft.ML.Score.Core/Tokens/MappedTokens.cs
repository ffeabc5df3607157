using System.Globalization;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The tokens of a feature file, T*N vectors of D values in rows of the grid [T, H, W], mapped into memory and left in their stored type:
/// opening costs the header alone, and rows come from the file's pages, so that a video larger than memory can be scored and the kept
/// tokens taken from it. Made by <see cref="FeatureFile.Open"/>; whoever opens it disposes it.
/// </summary>
/// <remarks>
/// Safe for concurrent reading, and for reading by several processes. After <see cref="Dispose"/>, which must not run beside a reading
/// call, reading throws <see cref="ObjectDisposedException"/>. The file must not be shortened while it is open; it may be replaced or
/// removed. Values are checked when they are read, not when the file is opened.
/// </remarks>
/// <example><code>
/// using MappedTokens video = FeatureFile.Open("clip.safetensors");
/// int[] kept = TopK.Select(policy.Logits(video), TopK.RetainedCount(0.10, video.Grid.Count));
/// KeptTokens tokens = video.Gather(kept);
/// </code></example>
public sealed class MappedTokens : ITokenRows, IDisposable
{
    internal const string FeaturesKey = "features";
    internal const string SecondsKey = "seconds_per_step";
    internal const string FingerprintKey = "encoder_fingerprint";
    internal const string TimesKey = "step_times";

    // A video of a million steps a second, and one of a step in eleven days: times beyond are damage, and would be printed as such.
    private const double LeastSeconds = 1e-6, MostSeconds = 1e6;

    private readonly SafetensorsFile _file;

    private MappedTokens(SafetensorsFile file)
    {
        _file = file;
        if (!file.Tensors.TryGetValue(FeaturesKey, out var entry))
            throw new InvalidDataException($"'{file.Name}' has no tensor '{FeaturesKey}'.");
        if (entry.Type is not (TensorType.F32 or TensorType.BF16 or TensorType.F16) || entry.Shape.Count != 4
            || entry.Shape.Any(size => size is < 1 or > int.MaxValue) || entry.Count / entry.Shape[3] > int.MaxValue)
            throw new InvalidDataException(
                $"Tensor '{FeaturesKey}' of '{file.Name}' is {entry}, expected F32, BF16 or F16 of shape [T, H, W, D] with sizes of at least 1.");
        var seconds = 1.0;
        if (file.Metadata.TryGetValue(SecondsKey, out var text)
            && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && AreSecondsPerStep(seconds)))
            throw new InvalidDataException(
                $"{SecondsKey} of '{file.Name}' is '{Excerpt.Of(text)}', expected a positive number of seconds, from {SecondsRange}.");

        Type = entry.Type.Value;
        Grid = new TokenGrid((int)entry.Shape[0], (int)entry.Shape[1], (int)entry.Shape[2], seconds);
        Dimension = (int)entry.Shape[3];
        EncoderFingerprint = file.Metadata.GetValueOrDefault(FingerprintKey);
        Times = file.Metadata.TryGetValue(TimesKey, out var times) ? StepTimes.FromMetadata(times, Grid, $"{TimesKey} of '{file.Name}'") : null;
        DeepStackLevels = DeepStackFeatures.CountIn(file, entry);
        StoredStatistics.ThrowIfInvalid(file, Grid);
    }

    /// <summary>T, H and W of the tokens, and the seconds a step.</summary>
    public TokenGrid Grid { get; }

    /// <summary>D, values a token.</summary>
    public int Dimension { get; }

    /// <summary>How the file stores numbers: F32, BF16 or F16. What is read is single precision.</summary>
    public TensorType Type { get; }

    /// <summary>Fingerprint of the model whose encoder made the tokens; null when unknown.</summary>
    public string? EncoderFingerprint { get; }

    /// <summary>When the time steps are shown; null when unknown.</summary>
    public StepTimes? Times { get; }

    /// <summary>Tensors of <see cref="VideoTokens.DeepStack"/> that the file holds.</summary>
    internal int DeepStackLevels { get; }

    private long Count => (long)Grid.Count * Dimension;

    /// <summary>What <see cref="AreSecondsPerStep"/> accepts, in words.</summary>
    internal static string SecondsRange => FormattableString.Invariant($"{LeastSeconds} to {MostSeconds}");

    /// <summary>Whether a file may hold them as its seconds a step.</summary>
    internal static bool AreSecondsPerStep(double seconds) => seconds is >= LeastSeconds and <= MostSeconds;

    internal static MappedTokens Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var file = SafetensorsFile.Open(path);
        try
        {
            return new MappedTokens(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    ReadOnlySpan<byte> ITokenRows.Rows(int first, int count) => Rows(first, count);

    int ITokenRows.DeepStackLevels => DeepStackLevels;

    ReadOnlySpan<byte> ITokenRows.DeepStackRows(int level, int first, int count) =>
        _file.Bytes(DeepStackFeatures.Key(level), (long)first * Dimension, checked(count * Dimension));

    internal ReadOnlySpan<byte> Rows(int first, int count) => _file.Bytes(FeaturesKey, (long)first * Dimension, checked(count * Dimension));

    /// <summary>All tokens, with their statistics, copied into memory: T*N*D values in single precision.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="InvalidDataException">There are more values than one array holds, or one is not finite.</exception>
    public VideoTokens ToVideoTokens()
    {
        if (Count > Array.MaxLength)
            throw new InvalidDataException(
                $"The {Grid} tokens of dimension {Dimension} in '{_file.Name}' are {Count} values; one array holds at most {Array.MaxLength}.");
        return new VideoTokens(Grid, Dimension, ReadAll(FeaturesKey), EncoderFingerprint)
        {
            Times = Times,
            DeepStack = [.. Enumerable.Range(0, DeepStackLevels).Select(level => (ReadOnlyMemory<float>)ReadAll(DeepStackFeatures.Key(level)))],
            Statistics = StoredStatistics.Read(_file),
        };

        float[] ReadAll(string key)
        {
            var values = _file.ReadSingle(key);
            ThrowIfNotFinite(key, 0, values);
            return values;
        }
    }

    /// <summary>The tokens at the given positions, copied into memory: k*D values in single precision. No other row is read.</summary>
    /// <param name="positions">k flat grid indices, strictly ascending; not copied.</param>
    /// <exception cref="ArgumentException">A position is outside the grid or out of order.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="InvalidDataException">A value of these tokens is not finite.</exception>
    public KeptTokens Gather(ReadOnlyMemory<int> positions)
    {
        KeptTokens.ThrowIfNotPositions(Grid, positions.Span);

        return new KeptTokens(Grid, Dimension, positions, ReadRows(FeaturesKey))
        {
            Times = Times,
            DeepStack = [.. Enumerable.Range(0, DeepStackLevels).Select(level => (ReadOnlyMemory<float>)ReadRows(DeepStackFeatures.Key(level)))],
        };

        float[] ReadRows(string key)
        {
            var vectors = new float[checked(positions.Length * Dimension)];
            for (var k = 0; k < positions.Length; k++)
                ReadRow(key, positions.Span[k], vectors.AsSpan(k * Dimension, Dimension));
            return vectors;
        }
    }

    /// <summary>Reads all values once.</summary>
    /// <exception cref="InvalidDataException">A value is not finite.</exception>
    internal void ThrowIfNotFinite()
    {
        var row = new float[Dimension];
        foreach (var key in Enumerable.Range(0, DeepStackLevels).Select(DeepStackFeatures.Key).Prepend(FeaturesKey))
            for (var token = 0; token < Grid.Count; token++)
                ReadRow(key, token, row);
    }

    /// <summary>Closes the file; what was read stays valid.</summary>
    public void Dispose() => _file.Dispose();

    private void ReadRow(string key, int token, Span<float> row)
    {
        StoredValues.Widen(Type, _file.Bytes(key, (long)token * Dimension, Dimension), row);
        ThrowIfNotFinite(key, token, row);
    }

    private void ThrowIfNotFinite(string key, int firstToken, ReadOnlySpan<float> vectors)
    {
        if (FiniteValues.FirstNotFinite(vectors) is >= 0 and var at)
            throw new InvalidDataException(
                $"Value {(long)firstToken * Dimension + at} of '{key}' in '{_file.Name}' is {vectors[at]}; features must be finite.");
    }
}
