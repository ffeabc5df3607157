using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// The metrics record of a training, read from its file (<see cref="TrainerOptions.MetricsPath"/>), also while the training goes on: a last line that is written at
/// the moment is passed over.
/// </summary>
public sealed class TrainingRecord
{
    private const int LargestFile = 1 << 29;

    private readonly List<StepMetrics> _steps = [];
    private readonly List<ValidationMetrics> _validations = [];
    private RunMetrics? _run;
    private VerdictMetrics? _verdict;

    private TrainingRecord()
    {
    }

    /// <summary>The version of this library that trained; null in records of versions that did not say.</summary>
    public string? Version => _run?.Version;

    /// <summary>The last part of the frozen model's source; null in records of versions that did not say.</summary>
    public string? Model => _run?.Model;

    /// <summary>The frozen model's fingerprint; null in records of versions that did not say.</summary>
    public string? ModelFingerprint => _run?.ModelFingerprint;

    /// <summary>The SHA-256 of the file of the policy that training began with; null for an untrained one.</summary>
    public string? InitialPolicy => _run?.InitialPolicy;

    /// <summary>The settings, without paths; null in records of versions that did not say.</summary>
    public TrainerOptions? Options => _run?.Options;

    /// <summary>The steps, in their order.</summary>
    public IReadOnlyList<StepMetrics> Steps => _steps;

    /// <summary>The validations, in their order.</summary>
    public IReadOnlyList<ValidationMetrics> Validations => _validations;

    /// <summary>How the training went, in a line; null where it has not ended.</summary>
    public string? Verdict => _verdict?.Text;

    /// <summary>Whether the verdict is that the policy is to be mistrusted.</summary>
    public bool WentWrong => _verdict is { WentWrong: true };

    /// <summary>Reads a record.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or something else; the message names file and line.</exception>
    public static TrainingRecord Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var bytes = ReadBytes(path);
        var record = new TrainingRecord();
        var (start, number) = (0, 1);
        for (; start < bytes.Length; number++)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            var line = bytes.AsSpan(start, length < 0 ? bytes.Length - start : length);
            try
            {
                record.Add(line);
            }
            catch (JsonException) when (length < 0 && MayBegin(line))
            {
                break; // it is being written, or a kill cut it off
            }
            catch (Exception exception) when (exception is JsonException or InvalidDataException)
            {
                throw new InvalidDataException(
                    $"'{path}', line {number}: {exception.Message} It is damaged, or not a metrics record of a training; give one that score train --metrics or {nameof(TrainerOptions.MetricsPath)} wrote.", exception);
            }

            start += line.Length + 1;
        }

        return number > 1 ? record : throw new InvalidDataException($"'{path}' has no whole line yet: the training that writes it has just begun, or it was cut off.");
    }

    private static byte[] ReadBytes(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length is 0 or > LargestFile)
            throw new InvalidDataException($"'{path}' has {stream.Length} bytes; a metrics record of a training has at least a line and at most {LargestFile} bytes.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static bool MayBegin(ReadOnlySpan<byte> line) => "{\"kind\":\""u8 is var start && (line.StartsWith(start) || start.StartsWith(line));

    private void Add(ReadOnlySpan<byte> line)
    {
        if (_verdict is not null)
            throw new InvalidDataException("It stands behind the verdict, which ends a record.");
        if (IsOf(line, MetricsLog.Step))
            Add(Parse(line, MetricsJson.Default.StepMetrics));
        else if (IsOf(line, MetricsLog.Validation))
            Add(Parse(line, MetricsJson.Default.ValidationMetrics));
        else if (IsOf(line, MetricsLog.Verdict))
            Add(Parse(line, MetricsJson.Default.VerdictMetrics));
        else if (IsOf(line, MetricsLog.Run))
            Add(WithDefaults(line));
        else
            throw new JsonException("It does not begin with the kind of a line.");
    }

    private void Add(RunMetrics run)
    {
        Require(_run is null && _steps.Count == 0 && _validations.Count == 0, "it tells of a run, and is not the first line");
        Require(run.Options.Faults().All is [], $"the settings are out of range: {string.Join("; ", run.Options.Faults().All)}");
        _run = run;
    }

    private void Add(StepMetrics step)
    {
        Require(step.Step > LastStep, $"step {step.Step} comes after step {LastStep}");
        RequireStage(step.Stage);
        Require(IsFinite(
            step.Loss, step.BaseCrossEntropy, step.CrossEntropy, step.PerformanceReward, step.GradientNorm, step.LogitMean, step.LogitDeviation, step.Seconds, step.RewardDeviation, step.MaskEntropy),
            "a number is not finite");
        Require(IsShare(step.CompressionReward, step.SafeShare, step.Retention, step.VideosWithoutSafe, step.VideosWithoutSpread, step.VideosWithoutAdvantage), "a share is outside [0, 1]");
        Require(!IsNegative(step.GradientNorm, step.LogitDeviation, step.Seconds, step.RewardDeviation, step.MaskEntropy), "a number is below 0");
        _steps.Add(step);
    }

    private void Add(ValidationMetrics validation)
    {
        Require(validation.Step >= LastStep && (_validations.Count == 0 || validation.Step > _validations[^1].Step), $"the validation of step {validation.Step} comes after step {LastStep}");
        RequireStage(validation.Stage);
        Require(
            IsFinite(validation.CrossEntropy, validation.BaseCrossEntropy, validation.Seconds) && (validation.FurtherCrossEntropies?.Values.All(double.IsFinite) ?? true), "a number is not finite");
        Require(validation.RetentionRatio is > 0 and <= 1 && (validation.FurtherCrossEntropies?.Keys.All(ratio => ratio is > 0 and <= 1) ?? true), "a ratio is outside (0, 1]");
        Require(!IsNegative(validation.Seconds), "a number is below 0");
        _validations.Add(validation);
    }

    private void Add(VerdictMetrics verdict)
    {
        Require(verdict.Step >= LastStep, $"the verdict of step {verdict.Step} comes after step {LastStep}");
        Require(verdict.Text.Length > 0, "the verdict is empty");
        _verdict = verdict;
    }

    private int LastStep => Math.Max(_steps.Count == 0 ? 0 : _steps[^1].Step, _validations.Count == 0 ? 0 : _validations[^1].Step);

    private void RequireStage(TrainingStage stage)
    {
        Require(Enum.IsDefined(stage), $"there is no stage {stage}");
        Require(_steps.Count == 0 || stage >= _steps[^1].Stage, $"the stage {stage} comes after {(_steps.Count == 0 ? stage : _steps[^1].Stage)}");
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
            throw new InvalidDataException($"{char.ToUpperInvariant(fault[0])}{fault[1..]}.");
    }

    private static bool IsFinite(params double?[] values) => values.All(value => value is null || double.IsFinite(value.Value));

    private static bool IsShare(params double?[] values) => values.All(value => value is null or >= 0 and <= 1);

    private static bool IsNegative(params double?[] values) => values.Any(value => value < 0);

    private static bool IsOf(ReadOnlySpan<byte> line, string kind) => line.StartsWith(Encoding.UTF8.GetBytes(MetricsLog.StartOf(kind)));

    /// <summary>The run of a line; a setting that its version did not have is at its default.</summary>
    private static RunMetrics WithDefaults(ReadOnlySpan<byte> line)
    {
        const string settings = "options";
        try
        {
            var run = JsonNode.Parse(line) as JsonObject ?? throw new JsonException("It is no object.");
            if (run[settings] is not JsonObject given)
                throw new JsonException("The run has no settings.");
            var all = JsonSerializer.SerializeToNode(new TrainerOptions(), MetricsJson.Default.TrainerOptions)!.AsObject();
            foreach (var (name, value) in given)
                all[name] = value?.DeepClone();
            run[settings] = all;
            return run.Deserialize(MetricsJson.Default.RunMetrics) ?? throw new JsonException("It is null.");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new JsonException(exception.Message, exception); // a name that is no text, or comes twice
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(line, type) ?? throw new JsonException("It is null.");
}
