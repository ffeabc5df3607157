using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Output;

/// <summary>The kept tokens of one video in a file that appears whole or not at all.</summary>
internal static class KeptFile
{
    /// <summary>The grid and the kept flat indices (time first, then row, then column) as JSON.</summary>
    public static void WriteMask(string path, string video, KeptTokens kept)
    {
        var grid = kept.Grid;
        var document = JsonSerializer.Serialize(new
        {
            video,
            grid = new { timeSteps = grid.TimeSteps, height = grid.Height, width = grid.Width, secondsPerStep = grid.SecondsPerStep },
            keptPositions = kept.Positions.ToArray(),
        });
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(document + "\n")));
    }

    /// <summary>safetensors: <c>positions</c> [k] I64 and <c>vectors</c> [k, D] F32, the grid as metadata.</summary>
    public static void WriteTokens(string path, string video, KeptTokens kept, string encoderFingerprint) => SafetensorsWriter.Write(
        path,
        [
            TensorData.FromInt64("positions", [kept.Count], Array.ConvertAll(kept.Positions.ToArray(), position => (long)position)),
            TensorData.FromSingle("vectors", [kept.Count, kept.Dimension], kept.Vectors.Span),
        ],
        new Dictionary<string, string>
        {
            ["video"] = video,
            ["grid"] = kept.Grid.ToString(),
            ["seconds_per_step"] = kept.Grid.SecondsPerStep.ToString("R", CultureInfo.InvariantCulture),
            ["encoder_fingerprint"] = encoderFingerprint,
        });
}
