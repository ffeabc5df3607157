using System.Text.Encodings.Web;
using System.Text.Json;

namespace Score.Cli.Output;

/// <summary>Documents for machines.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Text of an object whose properties are named as they shall appear. It has no hidden characters, wherever it is written.</summary>
    public static string Format(object document) => VisibleText.Escape(JsonSerializer.Serialize(document, s_options));
}
