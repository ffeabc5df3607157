using System.Globalization;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// Video tokens in a file, the way large rows travel: safetensors with one tensor <c>features</c> [T, H, W, D] in F32, BF16 or
/// F16 and, as metadata, <c>seconds_per_step</c>, <c>encoder_fingerprint</c> and, where known, <c>step_times</c> (the seconds of each
/// time step, then the length of the video, separated by commas). DeepStack tensors, of models that have them, are <c>deepstack_0</c>, <c>deepstack_1</c>
/// and so on, in type and shape like the features. Statistics of the encoder, where known, are further tensors in F32:
/// <c>received_attention</c> [T, H*W], <c>pooled_attention</c> [T, H*W] and <c>step_features</c> [T, any].
/// </summary>
public static class FeatureFile
{
    /// <summary>Writes a file that appears whole or not at all; an existing one is replaced.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="video">The tokens.</param>
    /// <param name="type">F32 (exact), BF16 or F16 (rounded to nearest; half the size).</param>
    /// <exception cref="ArgumentException">
    /// The type is another one, a value of tokens or statistics is not finite, be it only after rounding to F16, or the seconds a step are
    /// not from 1E-06 to 1000000.
    /// </exception>
    public static void Write(string path, VideoTokens video, TensorType type = TensorType.F32)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(video);
        if (type is not (TensorType.F32 or TensorType.BF16 or TensorType.F16))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Features are stored as F32, BF16 or F16.");

        var grid = video.Grid;
        if (!MappedTokens.AreSecondsPerStep(grid.SecondsPerStep))
            throw new ArgumentException(
                FormattableString.Invariant($"The tokens have {grid.SecondsPerStep} seconds a step; a feature file holds from {MappedTokens.SecondsRange}."), nameof(video));
        var features = Stored(MappedTokens.FeaturesKey, video.Vectors, "the tokens");
        var deepStack = video.DeepStack.Select((values, level) => Stored(DeepStackFeatures.Key(level), values, $"the DeepStack tensor {level}")).ToArray();

        var metadata = new Dictionary<string, string> { [MappedTokens.SecondsKey] = grid.SecondsPerStep.ToString("R", CultureInfo.InvariantCulture) };
        if (video.EncoderFingerprint is { } fingerprint)
            metadata[MappedTokens.FingerprintKey] = fingerprint;
        if (video.Times is { } times)
            metadata[MappedTokens.TimesKey] = times.ToMetadata();
        SafetensorsWriter.Write(path, [features, .. deepStack, .. StoredStatistics.ToTensors(video)], metadata);

        TensorData Stored(string key, ReadOnlyMemory<float> values, string what)
        {
            var tensor = TensorData.FromSingle(key, [grid.TimeSteps, grid.Height, grid.Width, video.Dimension], values.Span, type);
            return FirstNotFinite(type, tensor.Bytes.Span) is >= 0 and var at
                ? throw new ArgumentException($"Value {at} of {what} is {values.Span[at]}, which is not finite when stored as {type}.", nameof(video))
                : tensor;
        }
    }

    /// <summary>The tokens as a file of that type gives them back.</summary>
    internal static VideoTokens Rounded(VideoTokens video, TensorType type)
    {
        return new VideoTokens(video.Grid, video.Dimension, Round(video.Vectors), video.EncoderFingerprint)
        {
            Times = video.Times,
            DeepStack = [.. video.DeepStack.Select(level => (ReadOnlyMemory<float>)Round(level))],
            Statistics = video.Statistics,
        };

        float[] Round(ReadOnlyMemory<float> exact)
        {
            var values = new float[exact.Length];
            StoredValues.Widen(type, StoredValues.Narrow(type, exact.Span), values);
            return values;
        }
    }

    /// <summary>Reads the tokens of one video.</summary>
    /// <param name="path">
    /// A file that <see cref="Write"/> made, or any safetensors file laid out like it; absent metadata means 1 second a step and an unknown
    /// encoder.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not safetensors, is cut off, or its features or statistics have no valid shape, type or grid, or a value that is not
    /// finite.
    /// </exception>
    public static VideoTokens Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        using var tokens = MappedTokens.Open(path);
        return tokens.ToVideoTokens();
    }

    /// <summary>Opens the tokens of one video without reading them: for videos of which only some tokens, or only the logits, are wanted.</summary>
    /// <param name="path">As for <see cref="Read"/>.</param>
    /// <returns>The tokens, which the caller disposes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not safetensors, is cut off, or its features or statistics have no valid shape, type or grid.
    /// </exception>
    public static MappedTokens Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return MappedTokens.Open(path);
    }

    /// <summary>The index of the first stored value that is NaN or infinite, -1 where all are finite; widened piece by piece, since rows are large.</summary>
    private static int FirstNotFinite(TensorType type, ReadOnlySpan<byte> stored)
    {
        var piece = new float[4096];
        for (var from = 0; from < stored.Length / type.Size(); from += piece.Length)
        {
            var bytes = stored[(from * type.Size())..];
            var values = piece.AsSpan(0, Math.Min(piece.Length, bytes.Length / type.Size()));
            StoredValues.Widen(type, bytes[..(values.Length * type.Size())], values);
            if (FiniteValues.FirstNotFinite(values) is >= 0 and var at)
                return from + at;
        }

        return -1;
    }
}
