using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Policy;

/// <summary>The layout of a policy's file, as <see cref="PolicyNetwork.Save"/> describes it, and the files that ship.</summary>
internal static class PolicyFile
{
    private const string Format = "score-policy/1";
    private const string DeepStackKey = "deepstack_levels";
    private const string ResourcePrefix = "Policy/Pretrained/";

    /// <summary>The trained policies that ship in this library, one an embedded model.</summary>
    public static IEnumerable<PolicyNetwork> Shipped()
    {
        var assembly = typeof(PolicyFile).Assembly;
        var files = CheckpointFiles.FromResources(assembly, ResourcePrefix);
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => PolicyNetwork.Parse(files.ReadAllBytes(name[ResourcePrefix.Length..]), name));
    }

    public static TensorData[] Tensors(PolicyNetwork policy)
    {
        if (FiniteValues.FirstNotFinite(policy.Parameters) is >= 0 and var at)
            throw new InvalidOperationException($"Weight {at} of the policy is {policy.Parameters[at]}; only finite weights are written.");

        return
        [
            TensorData.FromSingle("w1", [policy.HiddenWidth, policy.StateWidth], policy.W1),
            TensorData.FromSingle("b1", [policy.HiddenWidth], policy.B1),
            TensorData.FromSingle("w2", [policy.HiddenWidth], policy.W2),
            TensorData.FromSingle("b2", [1], policy.B2),
        ];
    }

    public static Dictionary<string, string> Metadata(PolicyNetwork policy)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["dimension"] = policy.Dimension.ToString(CultureInfo.InvariantCulture),
            ["hidden_width"] = policy.HiddenWidth.ToString(CultureInfo.InvariantCulture),
            ["use_residual"] = policy.UseResidual ? "true" : "false",
            ["use_normalization"] = policy.UseNormalization ? "true" : "false",
        };
        // Files of policies that score vectors alone are those of before there was a choice.
        if (policy.DeepStackLevels > 0)
            metadata[DeepStackKey] = policy.DeepStackLevels.ToString(CultureInfo.InvariantCulture);
        if (policy.EncoderFingerprint is { } fingerprint)
            metadata["encoder_fingerprint"] = fingerprint;
        foreach (var (key, value) in policy.Provenance is { } provenance ? ProvenanceFields.Write(provenance) : [])
            metadata[key] = value;
        return metadata;
    }

    public static PolicyNetwork Read(SafetensorsFile file)
    {
        if (file.Metadata.GetValueOrDefault("format") is var format && format != Format)
            throw new InvalidDataException($"'{file.Name}' is not a policy: its metadata says format '{Excerpt.Of(format ?? "(none)")}', expected '{Format}'.");
        var dimension = Number("dimension");
        var hiddenWidth = Number("hidden_width");
        var useResidual = Flag("use_residual");
        var useNormalization = Flag("use_normalization");

        var deepStackLevels = file.Metadata.ContainsKey(DeepStackKey) ? Number(DeepStackKey) : 0;
        var stateWidth = (useResidual ? 2 : 1) * (1L + deepStackLevels) * dimension;
        float[] parameters = [.. Tensor("w1", hiddenWidth, stateWidth), .. Tensor("b1", hiddenWidth), .. Tensor("w2", hiddenWidth), .. Tensor("b2", 1)];
        return new PolicyNetwork(dimension, hiddenWidth, useResidual, useNormalization, file.Metadata.GetValueOrDefault("encoder_fingerprint"), parameters)
        {
            DeepStackLevels = deepStackLevels,
            Source = file.Name,
            Provenance = ProvenanceFields.Read(file),
        };

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
