using System.Globalization;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>The layout of a file of kept tokens, as <see cref="KeptTokens.Save"/> describes it.</summary>
internal static class KeptTokenFile
{
    private const string PositionsKey = "positions";
    private const string VectorsKey = "vectors";
    private const string VideoKey = "video";
    private const string GridKey = "grid";
    private const string SecondsKey = "seconds_per_step";
    private const string FingerprintKey = "encoder_fingerprint";
    private const string TimesKey = "step_times";

    public static void Write(string path, KeptTokens kept, string video, string? encoderFingerprint)
    {
        foreach (var values in kept.DeepStack.Prepend(kept.Vectors))
            if (FiniteValues.FirstNotFinite(values.Span) is >= 0 and var at)
                throw new InvalidOperationException($"Value {at} of the kept tokens is {values.Span[at]}; only finite values are written.");

        var metadata = new Dictionary<string, string>
        {
            [VideoKey] = video,
            [GridKey] = kept.Grid.ToString(),
            [SecondsKey] = kept.Grid.SecondsPerStep.ToString("R", CultureInfo.InvariantCulture),
        };
        if (encoderFingerprint is not null)
            metadata[FingerprintKey] = encoderFingerprint;
        if (kept.Times is { } times)
            metadata[TimesKey] = times.ToMetadata();
        SafetensorsWriter.Write(
            path,
            [
                TensorData.FromInt64(PositionsKey, [kept.Count], Array.ConvertAll(kept.Positions.ToArray(), position => (long)position)),
                TensorData.FromSingle(VectorsKey, [kept.Count, kept.Dimension], kept.Vectors.Span),
                .. kept.DeepStack.Select((values, level) => TensorData.FromSingle(DeepStackFeatures.Key(level), [kept.Count, kept.Dimension], values.Span)),
            ],
            metadata);
    }

    public static KeptTokens Read(SafetensorsFile file)
    {
        var grid = ReadGrid(file);
        var positions = Entry(file, PositionsKey, "I64 of shape [k]", entry => entry.Type == TensorType.I64 && entry.Shape.Count == 1);
        var vectors = Entry(
            file, VectorsKey, $"F32 of shape [{positions.Count}, D], a row for each of '{PositionsKey}'",
            entry => entry.Type == TensorType.F32 && entry.Shape.Count == 2 && entry.Shape[0] == positions.Count && entry.Shape[1] is >= 1 and <= int.MaxValue && entry.Count <= Array.MaxLength);

        return new KeptTokens(grid, (int)vectors.Shape[1], ReadPositions(file, grid), ReadFinite(file, VectorsKey))
        {
            Times = file.Metadata.TryGetValue(TimesKey, out var times) ? StepTimes.FromMetadata(times, grid, $"{TimesKey} of '{file.Name}'") : null,
            DeepStack = [.. Enumerable.Range(0, DeepStackFeatures.CountIn(file, vectors)).Select(level => (ReadOnlyMemory<float>)ReadFinite(file, DeepStackFeatures.Key(level)))],
        };
    }

    private static float[] ReadFinite(SafetensorsFile file, string key)
    {
        var values = file.ReadSingle(key);
        return FiniteValues.FirstNotFinite(values) is >= 0 and var at
            ? throw new InvalidDataException($"Value {at} of '{key}' in '{file.Name}' is {values[at]}; kept tokens must be finite.")
            : values;
    }

    /// <summary>By the header alone.</summary>
    public static bool IsOne(SafetensorsFile file) =>
        file.Tensors.ContainsKey(PositionsKey) && file.Tensors.ContainsKey(VectorsKey) && file.Metadata.ContainsKey(VideoKey) && file.Metadata.ContainsKey(GridKey);

    private static TensorEntry Entry(SafetensorsFile file, string tensor, string expected, Func<TensorEntry, bool> isValid)
    {
        if (!file.Tensors.TryGetValue(tensor, out var entry))
            throw new InvalidDataException($"'{file.Name}' has no tensor '{tensor}'.");
        return isValid(entry) ? entry : throw new InvalidDataException($"Tensor '{tensor}' of '{file.Name}' is {entry}, expected {expected}.");
    }

    private static int[] ReadPositions(SafetensorsFile file, TokenGrid grid)
    {
        var previous = -1L;
        return Array.ConvertAll(file.ReadInt64(PositionsKey), position =>
        {
            if (position <= previous || position >= grid.Count)
                throw new InvalidDataException(
                    $"'{PositionsKey}' of '{file.Name}' must ascend strictly within 0..{grid.Count - 1}, the grid {grid}; got {position} after {previous}.");
            previous = position;
            return (int)position;
        });
    }

    private static TokenGrid ReadGrid(SafetensorsFile file)
    {
        var (grid, seconds) = (file.Metadata.GetValueOrDefault(GridKey) ?? "", file.Metadata.GetValueOrDefault(SecondsKey) ?? "");
        var sizes = Array.ConvertAll(grid.Split('x'), size => int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0);
        try
        {
            if (sizes.Length == 3 && double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var secondsPerStep))
                return new TokenGrid(sizes[0], sizes[1], sizes[2], secondsPerStep);
        }
        catch (ArgumentOutOfRangeException)
        {
            // Told below, with the text that stands in the file.
        }

        throw new InvalidDataException(
            $"{GridKey} and {SecondsKey} of '{file.Name}' are '{Excerpt.Of(grid)}' and '{Excerpt.Of(seconds)}', "
            + $"expected TxHxW of at least 1 each and at most {int.MaxValue} tokens, and a positive number.");
    }
}
