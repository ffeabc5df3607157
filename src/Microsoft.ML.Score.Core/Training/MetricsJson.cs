using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Score.Training;

/// <summary>How the lines of the metrics record are written and read: what has no value is left out, and a number that a line must have is not taken for 0.</summary>
[JsonSerializable(typeof(RunMetrics))]
[JsonSerializable(typeof(TrainerOptions))]
[JsonSerializable(typeof(StepMetrics))]
[JsonSerializable(typeof(ValidationMetrics))]
[JsonSerializable(typeof(VerdictMetrics))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, AllowDuplicateProperties = false, Converters = [typeof(ValidationMaskConverter)])]
internal sealed partial class MetricsJson : JsonSerializerContext;

/// <summary>A mask as the sizes of its grid and its bits in base64.</summary>
internal sealed class ValidationMaskConverter : JsonConverter<ValidationMask>
{
    private const string TimeSteps = "time_steps";
    private const string Height = "height";
    private const string Width = "width";
    private const string Kept = "kept";

    public override ValidationMask Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var mask = document.RootElement;
        try
        {
            var read = new ValidationMask(mask.GetProperty(TimeSteps).GetInt32(), mask.GetProperty(Height).GetInt32(), mask.GetProperty(Width).GetInt32(), mask.GetProperty(Kept).GetBytesFromBase64());
            return read.IsPossible ? read : throw new JsonException($"A mask of {read.TimeSteps}x{read.Height}x{read.Width} tokens has {read.Kept.Length} bytes.");
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException($"A mask is damaged: {exception.Message}", exception);
        }
    }

    public override void Write(Utf8JsonWriter writer, ValidationMask value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber(TimeSteps, value.TimeSteps);
        writer.WriteNumber(Height, value.Height);
        writer.WriteNumber(Width, value.Width);
        writer.WriteBase64String(Kept, value.Kept);
        writer.WriteEndObject();
    }
}
