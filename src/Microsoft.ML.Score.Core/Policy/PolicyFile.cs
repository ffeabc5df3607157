using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// A policy in a file: safetensors with <c>w1</c> [hidden, 2D] (its first D columns act on X, the last D on dX; [hidden, D] without
/// residual), <c>b1</c> [hidden], <c>w2</c> [hidden] and <c>b2</c> [1] in F32, and the rest as metadata. The same policy gives the same bytes.
/// </summary>
public static class PolicyFile
{
    private const string Format = "score-policy/1";

    /// <summary>Writes a file that appears whole or not at all; an existing one is replaced.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="policy">The policy.</param>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static void Save(string path, PolicyNetwork policy)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(policy);

        SafetensorsWriter.Write(path, Tensors(policy), Metadata(policy));
    }

    /// <summary>Reads a policy from a file.</summary>
    /// <param name="path">A file that <see cref="Save"/> made.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is cut off, is no policy, or a tensor has another shape than the metadata says or a value that is not finite.
    /// </exception>
    public static PolicyNetwork Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        using var file = SafetensorsFile.Open(path);
        return Read(file);
    }

    /// <summary>The bytes that <see cref="Save"/> would write.</summary>
    /// <param name="policy">The policy.</param>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static byte[] ToBytes(PolicyNetwork policy)
    {
        ArgumentNullException.ThrowIfNull(policy);

        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, Tensors(policy), Metadata(policy));
        return stream.ToArray();
    }

    /// <summary>Reads a policy from the bytes of its file.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> gave.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>'s.</exception>
    public static PolicyNetwork Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        using var file = SafetensorsFile.Parse(bytes, name);
        return Read(file);
    }

    private static TensorData[] Tensors(PolicyNetwork policy)
    {
        if (FiniteValues.FirstNotFinite(policy.Parameters) is >= 0 and var at)
            throw new ArgumentException($"Weight {at} of the policy is {policy.Parameters[at]}; only finite weights are written.", nameof(policy));

        return
        [
            TensorData.FromSingle("w1", [policy.HiddenWidth, policy.StateWidth], policy.W1),
            TensorData.FromSingle("b1", [policy.HiddenWidth], policy.B1),
            TensorData.FromSingle("w2", [policy.HiddenWidth], policy.W2),
            TensorData.FromSingle("b2", [1], policy.B2),
        ];
    }

    private static Dictionary<string, string> Metadata(PolicyNetwork policy)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["dimension"] = policy.Dimension.ToString(CultureInfo.InvariantCulture),
            ["hidden_width"] = policy.HiddenWidth.ToString(CultureInfo.InvariantCulture),
            ["use_residual"] = policy.UseResidual ? "true" : "false",
            ["use_normalization"] = policy.UseNormalization ? "true" : "false",
        };
        if (policy.EncoderFingerprint is { } fingerprint)
            metadata["encoder_fingerprint"] = fingerprint;
        return metadata;
    }

    private static PolicyNetwork Read(SafetensorsFile file)
    {
        if (file.Metadata.GetValueOrDefault("format") is var format && format != Format)
            throw new InvalidDataException($"'{file.Name}' is not a policy: its metadata says format '{Excerpt.Of(format ?? "(none)")}', expected '{Format}'.");
        var dimension = Number("dimension");
        var hiddenWidth = Number("hidden_width");
        var useResidual = Flag("use_residual");
        var useNormalization = Flag("use_normalization");

        long stateWidth = useResidual ? 2L * dimension : dimension;
        float[] parameters = [.. Tensor("w1", hiddenWidth, stateWidth), .. Tensor("b1", hiddenWidth), .. Tensor("w2", hiddenWidth), .. Tensor("b2", 1)];
        return new PolicyNetwork(dimension, hiddenWidth, useResidual, useNormalization, file.Metadata.GetValueOrDefault("encoder_fingerprint"), parameters) { Source = file.Name };

        int Number(string key) =>
            int.TryParse(file.Metadata.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
                ? value
                : throw new InvalidDataException($"{key} of '{file.Name}' is '{Excerpt.Of(file.Metadata.GetValueOrDefault(key) ?? "")}', expected a positive integer.");

        bool Flag(string key) => file.Metadata.GetValueOrDefault(key) switch
        {
            "true" => true,
            "false" => false,
            var other => throw new InvalidDataException($"{key} of '{file.Name}' is '{Excerpt.Of(other ?? "")}', expected true or false."),
        };

        float[] Tensor(string tensorName, params long[] shape)
        {
            if (!file.Tensors.TryGetValue(tensorName, out var entry))
                throw new InvalidDataException($"'{file.Name}' has no tensor '{tensorName}'.");
            if (entry.Type != TensorType.F32 || !entry.Shape.SequenceEqual(shape))
                throw new InvalidDataException($"Tensor '{tensorName}' of '{file.Name}' is {entry}, expected F32 [{string.Join(", ", shape)}].");
            var values = file.ReadSingle(tensorName);
            return TensorPrimitives.IsFiniteAll<float>(values)
                ? values
                : throw new InvalidDataException($"Tensor '{tensorName}' of '{file.Name}' has a value that is not finite.");
        }
    }
}
