using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen2;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// What a model computes beside the tensors that one of its golden cases holds. Not every case holds every intermediate; one
/// that it lacks makes no row.
/// </summary>
internal sealed class ModelCaseRows(GoldenTensors tensors, IKernels kernels, Qwen2LanguageModel languageModel, KeptTokenDecoder decoder, double hiddenTolerance = 5e-4)
{
    public const double CrossEntropyTolerance = 2e-4;
    private const double LogitsTolerance = 5e-4;
    private const string SomeSteps = "greedy_logits_steps_";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public List<VerificationRow> Rows { get; } = [];

    /// <summary>The names of the cases in a folder: each is a pair of a .json and a .safetensors file.</summary>
    public static IEnumerable<string> Names(string folder) => Directory.GetFiles(folder, "*.json")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => File.Exists(Path.Combine(folder, $"{name}.safetensors")))
        .Order(StringComparer.Ordinal);

    /// <summary>What the .json file of a case says.</summary>
    /// <exception cref="InvalidDataException">It is malformed or lacks a key.</exception>
    public static T Read<T>(byte[] json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, s_json) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{name}.json is not a golden case: {exception.Message}", exception);
        }
    }

    public void Hidden(string quantity, float[] actual) => Close(quantity, actual, hiddenTolerance);

    public void Hidden(string quantity, Tensor x)
    {
        // Only what is compared is worth downloading.
        if (Holds(quantity))
            Hidden(quantity, Values(x));
    }

    /// <summary>Logits after some rows of the last hidden states.</summary>
    public void Logits(string quantity, Tensor hidden, IEnumerable<int> rows)
    {
        using var selected = kernels.Gather(hidden, rows.ToArray());
        using var logits = languageModel.Logits(selected);
        Close(quantity, Values(logits), LogitsTolerance);
    }

    /// <summary>Cross-entropy and greedy decoding of one set of visual tokens.</summary>
    public void Outcome(string name, OutcomeDescription outcome, double[] losses, VideoPrompt prompt, KeptVisuals kept)
    {
        Close($"{name}.ce", Array.ConvertAll(losses, loss => (float)loss), CrossEntropyTolerance);
        Rows.Add(tensors.Close($"{name}.ce_mean", [(float)outcome.CrossEntropyMean], [(float)losses.Average()], CrossEntropyTolerance));
        var ids = new List<int>();
        var logits = new List<float>();
        foreach (var step in decoder.Decode(prompt, kept, new GenerationOptions { MaxNewTokens = outcome.Greedy.Length }))
        {
            ids.Add(step.Id);
            logits.AddRange(Values(step.Logits));
        }

        Exactly($"{name}.greedy", outcome.Greedy, ids.ToArray());
        Close($"{name}.greedy_logits", [.. logits], LogitsTolerance);
        foreach (var quantity in tensors.File.Tensors.Keys.Where(key => key.StartsWith($"{name}.{SomeSteps}", StringComparison.Ordinal)))
        {
            var steps = quantity[$"{name}.{SomeSteps}".Length..].Split('_').Select(step => int.Parse(step, CultureInfo.InvariantCulture));
            Close(quantity, [.. steps.SelectMany(step => logits.Skip(step * languageModel.LogitsWidth).Take(languageModel.LogitsWidth))], LogitsTolerance);
        }
    }

    public void Exactly(string quantity, int[] actual)
    {
        if (Holds(quantity))
            Exactly(quantity, Array.ConvertAll(tensors.File.ReadInt64(quantity), value => (int)value), actual);
    }

    public void Exactly(string quantity, int[] expected, int[] actual) => Rows.Add(tensors.Exactly(quantity, expected, actual));

    public float[] Values(Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        kernels.Download(x, values);
        return values;
    }

    private bool Holds(string quantity) => tensors.File.Tensors.ContainsKey(quantity);

    private void Close(string quantity, float[] actual, double tolerance)
    {
        if (Holds(quantity))
            Rows.Add(tensors.Close(quantity, tensors.File.ReadSingle(quantity), actual, tolerance));
    }
}

/// <summary>What a case expects of one set of visual tokens.</summary>
internal sealed record OutcomeDescription([property: JsonPropertyName("ce_mean")] double CrossEntropyMean, int[] Greedy);
