using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Everything that training goes on from after a stop, and its file. Random numbers and the position in the data follow from the
/// counts, so neither is stored. The state changes only between steps: at any moment it can be written.
/// </summary>
internal sealed class TrainerState
{
    private const string Format = "score-checkpoint/1";

    public required PolicyNetwork Policy { get; init; }

    public required Adam Adam { get; init; }

    public BaseCrossEntropy BaseCrossEntropy { get; init; } = new();

    /// <summary>The stage under way; beyond <see cref="TrainingStage.Main"/> when training has ended.</summary>
    public TrainingStage Stage { get; set; }

    public int StepInStage { get; set; }

    /// <summary>Steps taken in both stages.</summary>
    public int Step { get; set; }

    /// <summary>The value of <see cref="Step"/> at the last validation; -1 before the first.</summary>
    public int ValidatedStep { get; set; } = -1;

    /// <summary>Validations of this stage since the last best.</summary>
    public int StaleValidations { get; set; }

    public PolicyNetwork? Best { get; set; }

    public double BestCrossEntropy { get; set; } = double.PositiveInfinity;

    /// <summary>Writes the checkpoint, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">What the run depends on; a later run must have the same.</param>
    public void Save(string path, IReadOnlyDictionary<string, string> identity)
    {
        var keys = BaseCrossEntropy.Values.Keys.ToArray();
        var values = BaseCrossEntropy.Values.Values.ToArray();
        List<TensorData> tensors =
        [
            TensorData.FromSingle("policy", [Policy.Parameters.Length], Policy.Parameters),
            TensorData.FromSingle("adam.first_moment", [Adam.FirstMoment.Length], Adam.FirstMoment),
            TensorData.FromSingle("adam.second_moment", [Adam.SecondMoment.Length], Adam.SecondMoment),
            TensorData.FromInt64("base_cross_entropy.keys", [keys.Length], keys),
            new TensorData("base_cross_entropy.values", TensorType.F64, [values.Length], MemoryMarshal.AsBytes<double>(values).ToArray()),
        ];
        if (Best is not null)
            tensors.Add(TensorData.FromSingle("best", [Best.Parameters.Length], Best.Parameters));

        var metadata = identity.ToDictionary(pair => $"identity.{pair.Key}", pair => pair.Value);
        metadata["format"] = Format;
        metadata["hidden_width"] = Text(Policy.HiddenWidth);
        metadata["use_residual"] = Policy.UseResidual ? "true" : "false";
        metadata["use_normalization"] = Policy.UseNormalization ? "true" : "false";
        metadata["stage"] = Text((int)Stage);
        metadata["step_in_stage"] = Text(StepInStage);
        metadata["step"] = Text(Step);
        metadata["validated_step"] = Text(ValidatedStep);
        metadata["stale_validations"] = Text(StaleValidations);
        metadata["best_cross_entropy"] = BestCrossEntropy.ToString("R", CultureInfo.InvariantCulture);
        SafetensorsWriter.Write(path, tensors, metadata);
    }

    /// <summary>Reads a checkpoint of a run with the same identity.</summary>
    /// <exception cref="InvalidDataException">The file is cut off or no checkpoint.</exception>
    /// <exception cref="InvalidOperationException">It belongs to a run with other options or another model.</exception>
    public static TrainerState Load(string path, IReadOnlyDictionary<string, string> identity, int dimension, string encoderFingerprint)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("format") is var format && format != Format)
            throw new InvalidDataException($"'{path}' is not a training checkpoint: its metadata says format '{format ?? "(none)"}', expected '{Format}'.");
        var different = identity.Where(pair => file.Metadata.GetValueOrDefault($"identity.{pair.Key}") != pair.Value)
            .Select(pair => $"{pair.Key} was '{file.Metadata.GetValueOrDefault($"identity.{pair.Key}")}', is '{pair.Value}'").ToList();
        if (different.Count > 0)
            throw new InvalidOperationException(
                $"The checkpoint '{path}' belongs to another run: {string.Join("; ", different)}. Give the same settings to go on, or another folder to start anew.");

        var policy = Network("policy");
        var keys = file.Tensors.ContainsKey("base_cross_entropy.keys") ? file.ReadInt64("base_cross_entropy.keys") : throw Missing("base_cross_entropy.keys");
        var values = file.Tensors.ContainsKey("base_cross_entropy.values")
            ? MemoryMarshal.Cast<byte, double>(file.Bytes("base_cross_entropy.values")).ToArray()
            : throw Missing("base_cross_entropy.values");
        if (keys.Length != values.Length)
            throw new InvalidDataException($"'{path}' has {keys.Length} keys and {values.Length} values of base cross-entropy.");
        return new TrainerState
        {
            Policy = policy,
            Adam = new Adam(0) { FirstMoment = Parameters("adam.first_moment"), SecondMoment = Parameters("adam.second_moment") },
            BaseCrossEntropy = new BaseCrossEntropy { Values = new(keys.Zip(values, KeyValuePair.Create)) },
            Stage = (TrainingStage)Number("stage"),
            StepInStage = Number("step_in_stage"),
            Step = Number("step"),
            ValidatedStep = Number("validated_step"),
            StaleValidations = Number("stale_validations"),
            Best = file.Tensors.ContainsKey("best") ? Network("best") : null,
            BestCrossEntropy = double.TryParse(file.Metadata.GetValueOrDefault("best_cross_entropy"), NumberStyles.Float, CultureInfo.InvariantCulture, out var best)
                ? best
                : throw Missing("best_cross_entropy"),
        };

        PolicyNetwork Network(string name) =>
            new(dimension, Number("hidden_width"), Flag("use_residual"), Flag("use_normalization"), encoderFingerprint, Parameters(name));

        bool Flag(string key) => file.Metadata.GetValueOrDefault(key) == "true";

        float[] Parameters(string name)
        {
            var count = PolicyNetwork.ParameterCount(dimension, Number("hidden_width"), Flag("use_residual"));
            if (!file.Tensors.TryGetValue(name, out var entry))
                throw Missing(name);
            return entry.Count == count ? file.ReadSingle(name) : throw new InvalidDataException(
                $"Tensor '{name}' of '{path}' is {entry}, expected {count} values.");
        }

        int Number(string key) => int.TryParse(file.Metadata.GetValueOrDefault(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Missing(key);

        InvalidDataException Missing(string key) => new($"The checkpoint '{path}' has no valid '{key}'.");
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
