using System.Text.Json;

namespace Microsoft.ML.Score.Cli.Verification;

/// <summary>Golden cases of the saliences that compressors take from vision encoders.</summary>
internal static class SalienceCases
{
    /// <param name="golden">The tensors of the case.</param>
    /// <param name="variant">Which salience.</param>
    /// <param name="settings">Its constants.</param>
    /// <param name="tolerance">Largest absolute deviation.</param>
    public static IEnumerable<VerificationRow> Verify(GoldenTensors golden, string variant, JsonElement settings, double tolerance)
    {
        yield return VerificationRow.Unsupported(golden.Case, variant);
    }
}
