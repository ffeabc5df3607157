using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// A <see cref="TrainerState"/> in a file: safetensors whose metadata holds the counts, what the run depends on, and a SHA-256 of every
/// other byte of the file. A file that differs in one byte, or holds a state that no run can reach, is refused.
/// </summary>
internal static class TrainerCheckpoint
{
    private const string FormatPrefix = "score-checkpoint/";
    private const string Format = FormatPrefix + "3";

    private const string FinishedKey = "finished";
    private const string ChecksumKey = "checksum";
    private const string IdentityPrefix = "identity.";

    private static readonly string[] s_earlierFormats = [FormatPrefix + "1", FormatPrefix + "2"];
    private static readonly string s_noChecksum = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>Writes the checkpoint, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">What it shall hold.</param>
    /// <param name="identity">What the run depends on; a later run must have the same.</param>
    /// <exception cref="ArgumentException">A number of the state is not finite.</exception>
    public static void Save(string path, TrainerState state, IReadOnlyDictionary<string, string> identity)
    {
        var keys = state.BaseCrossEntropy.Values.Keys.ToArray();
        var values = state.BaseCrossEntropy.Values.Values.ToArray();
        List<TensorData> tensors =
        [
            Singles("policy", state.Policy.Parameters),
            Singles("adam.first_moment", state.Adam.FirstMoment),
            Singles("adam.second_moment", state.Adam.SecondMoment),
            TensorData.FromInt64("base_cross_entropy.keys", [keys.Length], keys),
            Doubles("base_cross_entropy.values", values),
            Doubles("recent", [.. state.Recent.SelectMany(step => step.ToArray())]),
        ];
        if (state.Best is not null)
            tensors.Add(Singles("best", state.Best.Parameters));
        if (state.UnusableRows.Count > 0)
        {
            long[] rows = [.. state.UnusableRows.Keys];
            double[] passes = [.. state.UnusableRows.Values];
            tensors.Add(TensorData.FromInt64("unusable_rows.keys", [rows.Length], rows));
            tensors.Add(new TensorData("unusable_rows.values", TensorType.F64, [passes.Length], MemoryMarshal.AsBytes<double>(passes).ToArray()));
        }

        var metadata = identity.ToDictionary(pair => IdentityPrefix + pair.Key, pair => pair.Value);
        metadata["format"] = Format;
        metadata[ChecksumKey] = s_noChecksum;
        metadata["hidden_width"] = CheckpointFields.Text(state.Policy.HiddenWidth);
        metadata["use_residual"] = CheckpointFields.Text(state.Policy.UseResidual);
        metadata["use_normalization"] = CheckpointFields.Text(state.Policy.UseNormalization);
        metadata["stage"] = CheckpointFields.Text((int)state.Stage);
        metadata["step_in_stage"] = CheckpointFields.Text(state.StepInStage);
        metadata["step"] = CheckpointFields.Text(state.Step);
        metadata["validated_step"] = CheckpointFields.Text(state.ValidatedStep);
        metadata["stale_validations"] = CheckpointFields.Text(state.StaleValidations);
        metadata["best_cross_entropy"] = CheckpointFields.Text(state.BestCrossEntropy);
        metadata["best_step"] = CheckpointFields.Text(state.BestStep);
        metadata["untrained_cross_entropy"] = CheckpointFields.Text(state.UntrainedCrossEntropy ?? double.PositiveInfinity);
        metadata["rows"] = CheckpointFields.Text(state.Rows.Count);
        metadata["stills"] = CheckpointFields.Text(state.Rows.Stills);
        metadata["rows_sha256"] = Convert.ToHexStringLower(state.Rows.Hash);
        metadata[FinishedKey] = CheckpointFields.Text(state.IsFinished);

        using var file = new MemoryStream();
        SafetensorsWriter.Write(file, tensors, metadata);
        var bytes = file.GetBuffer().AsSpan(0, (int)file.Length);
        var checksum = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Encoding.ASCII.GetBytes(checksum, bytes[(bytes.IndexOf(ChecksumField(s_noChecksum)) + ChecksumKey.Length + 4)..]);
        AtomicFile.Write(path, file.WriteTo);
    }

    /// <summary>By the header alone; of any version, so that a later one tells of it rather than takes it for a stranger's.</summary>
    public static bool IsOne(SafetensorsFile file) => file.Metadata.GetValueOrDefault("format")?.StartsWith(FormatPrefix, StringComparison.Ordinal) == true;

    /// <summary>By the header alone, whether the training has ended.</summary>
    public static bool IsFinished(SafetensorsFile file) => file.Metadata.GetValueOrDefault(FinishedKey) == CheckpointFields.Text(true);

    /// <summary>Reads a checkpoint of a run with the same identity.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">What the run depends on.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="start">The policy that the run starts from.</param>
    /// <exception cref="InvalidDataException">The file is damaged, of an earlier version, or no checkpoint.</exception>
    /// <exception cref="InvalidOperationException">It belongs to a run with other options or another model.</exception>
    public static TrainerState Load(string path, IReadOnlyDictionary<string, string> identity, TrainerOptions options, PolicyNetwork start)
    {
        using var file = Open(path);
        var fields = new CheckpointFields(file, [.. identity.Keys.Select(key => IdentityPrefix + key), "format", ChecksumKey]);
        var format = file.Metadata.GetValueOrDefault("format");
        if (s_earlierFormats.Contains(format))
            throw new InvalidDataException(
                $"The checkpoint '{path}' is of an earlier version of this library (format '{format}', expected '{Format}'). "
                + "Go on from it with that version, or delete it to start anew.");
        if (format != Format)
            throw new InvalidDataException(
                $"'{path}' is not a training checkpoint: its metadata says format '{Excerpt.Of(format ?? "(none)")}', expected '{Format}'. "
                + "Give another checkpoint folder, or delete the file to start anew.");
        ThrowIfChanged(file, fields);
        var different = identity.Where(pair => file.Metadata.GetValueOrDefault(IdentityPrefix + pair.Key) != pair.Value)
            .Select(pair => $"{pair.Key} was '{Excerpt.Of(file.Metadata.GetValueOrDefault(IdentityPrefix + pair.Key) ?? "")}', is '{Excerpt.Of(pair.Value)}'").ToList();
        if (different.Count > 0)
            throw new InvalidOperationException(
                $"The checkpoint '{path}' belongs to another run: {string.Join("; ", different)}. Give the same settings to go on, or another folder to start anew.");

        var state = Read(fields, options, start);
        fields.ThrowIfOthers();
        return state;
    }

    private static TrainerState Read(CheckpointFields fields, TrainerOptions options, PolicyNetwork start)
    {
        fields.Expect("hidden_width", CheckpointFields.Text(start.HiddenWidth));
        fields.Expect("use_residual", CheckpointFields.Text(start.UseResidual));
        fields.Expect("use_normalization", CheckpointFields.Text(start.UseNormalization));

        var (warmUp, main) = (options.StepsOf(TrainingStage.WarmUp), options.StepsOf(TrainingStage.Main));
        var stage = fields.Integer("stage", 0, (int)TrainingStage.Main + 1);
        var stepsOfStage = stage switch { 0 => warmUp, 1 => main, _ => 0 };
        var stepInStage = fields.Integer("step_in_stage", 0, stepsOfStage);
        var step = fields.Integer("step", 1, warmUp + main);
        // With patience a stage may end before its last step; data without videos has no main stage.
        var earlier = step - stepInStage;
        var possible = stage switch
        {
            0 => earlier == 0,
            1 => options.Patience is null ? earlier == warmUp : earlier >= 0 && earlier <= warmUp,
            _ => options.Patience is not null || earlier == warmUp + main || earlier == warmUp,
        };
        if (!possible)
            throw fields.Fault("step", $"what stage {stage} of a run of {warmUp} and {main} steps has after {stepInStage} of its own", CheckpointFields.Text(step));

        var validatedStep = fields.Integer("validated_step", -1, step);
        var validations = validatedStep < 0 || stage > (int)TrainingStage.Main ? 0 : stepInStage / options.ValidationInterval + 2;
        var stale = fields.Integer("stale_validations", 0, Math.Min(validations, options.Patience ?? int.MaxValue));
        var best = validatedStep < 0 ? null : fields.Finite("best", start.Parameters.Length);
        var isFinished = fields.Flag(FinishedKey);
        if (isFinished && (stage != (int)TrainingStage.Main || (options.Patience is null && stepInStage != main && stepInStage != 0)))
            throw fields.Fault(FinishedKey, $"{CheckpointFields.Text(false)} after {stepInStage} steps of stage {stage}", CheckpointFields.Text(true));
        var rows = fields.Integer("rows", 0, int.MaxValue);
        return new TrainerState
        {
            Policy = start.With(fields.Finite("policy", start.Parameters.Length)),
            Adam = new Adam(
                fields.Finite("adam.first_moment", start.Parameters.Length), fields.Finite("adam.second_moment", start.Parameters.Length, least: 0)),
            BaseCrossEntropy = new BaseCrossEntropy { Values = fields.Pairs("base_cross_entropy.keys", "base_cross_entropy.values") },
            UnusableRows = fields.Has("unusable_rows.keys") ? fields.Pairs("unusable_rows.keys", "unusable_rows.values") : [],
            Stage = (TrainingStage)stage,
            StepInStage = stepInStage,
            Step = step,
            ValidatedStep = validatedStep,
            StaleValidations = stale,
            Best = best is null ? null : start.With(best),
            BestCrossEntropy = fields.Number("best_cross_entropy", isFinite: best is not null),
            BestStep = fields.Integer("best_step", 0, Math.Max(0, validatedStep)),
            UntrainedCrossEntropy = fields.NumberOrNone("untrained_cross_entropy"),
            Recent = Recent(fields, Math.Min(stepInStage > 0 ? stepInStage : step, TrainingHealth.Window)), // a stage that has not begun keeps those before it
            Rows = SeenRows.Of(rows, fields.Integer("stills", 0, rows), fields.Hash("rows_sha256")),
            IsFinished = isFinished,
        };
    }

    private static List<StepSigns> Recent(CheckpointFields fields, int count)
    {
        var values = fields.Doubles("recent", count * StepSigns.Count);
        List<StepSigns> recent = [.. values.Chunk(StepSigns.Count).Select(step => StepSigns.Of(step))];
        return recent.FindIndex(step => !step.IsPossible) is >= 0 and var at
            ? throw fields.Fault("recent", "steps with shares from 0 to 1", $"{recent[at]} at index {at}")
            : recent;
    }

    private static SafetensorsFile Open(string path)
    {
        try
        {
            return SafetensorsFile.Open(path);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"The checkpoint cannot be read: {error.Message} Delete it to start anew.", error);
        }
    }

    private static TensorData Singles(string name, ReadOnlySpan<float> values) => FiniteValues.FirstNotFinite(values) is >= 0 and var at
        ? throw new ArgumentException($"Value {at} of '{name}' is {values[at]}; a checkpoint holds finite numbers only.", nameof(values))
        : TensorData.FromSingle(name, [values.Length], values);

    private static TensorData Doubles(string name, double[] values) => new(name, TensorType.F64, [values.Length], MemoryMarshal.AsBytes<double>(values).ToArray());

    /// <summary>The SHA-256 of the file is taken with zeros in its own place.</summary>
    private static void ThrowIfChanged(SafetensorsFile file, CheckpointFields fields)
    {
        var stored = file.Metadata.GetValueOrDefault(ChecksumKey) ?? "";
        var header = file.HeaderBytes.ToArray();
        var at = header.AsSpan().IndexOf(ChecksumField(stored));
        if (stored.Length != s_noChecksum.Length || at < 0)
            throw fields.Fault(ChecksumKey, $"{s_noChecksum.Length} hexadecimal digits", stored);
        Encoding.ASCII.GetBytes(s_noChecksum, header.AsSpan(at + ChecksumKey.Length + 4));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        foreach (var name in file.Tensors.OrderBy(pair => pair.Value.Offset).Select(pair => pair.Key))
            hash.AppendData(file.Bytes(name));
        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (actual != stored)
            throw fields.Fault(ChecksumKey, $"that of the rest of the file, {actual}", stored);
    }

    private static byte[] ChecksumField(string value) => Encoding.UTF8.GetBytes($"\"{ChecksumKey}\":\"{value}\"");
}
