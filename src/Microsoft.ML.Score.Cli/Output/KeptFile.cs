using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Output;

/// <summary>Which tokens of one video are kept, in a file that appears whole or not at all; their vectors are written by <see cref="KeptTokens.Save"/>.</summary>
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
}
