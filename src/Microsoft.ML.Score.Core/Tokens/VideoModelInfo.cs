using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Score.Tokens;

/// <summary>The identity of a frozen model.</summary>
/// <param name="Source">As the user gave it: "tiny", a checkpoint folder or a hub id.</param>
/// <param name="Fingerprint">
/// Which model it is, the same for two copies of a checkpoint. Of a checkpoint: lower-case hexadecimal SHA-256 over the configuration and the
/// tensor headers (names, types, shapes), a full stop, and 16 digits of one over a sample of the values, so that weights trained further are
/// told apart. Files of earlier builds carry the first part alone, which fits any values.
/// </param>
/// <param name="Dimension">D, values a visual token.</param>
public sealed record VideoModelInfo(string Source, string Fingerprint, int Dimension)
{
    /// <summary>
    /// What besides configuration and tensors decides which tokens a video has and what comes with them, as text: the options of frame sampling
    /// and size that differ from the defaults, a hash of the checkpoint's preprocessor settings, a pooling head from elsewhere. Empty for none.
    /// Feature caches and saved pipelines go by it.
    /// </summary>
    public string Processing { get; init; } = "";

    /// <summary>
    /// The encoder as it was loaded, which tokens and policies carry: <see cref="Fingerprint"/>, and where options of frame sampling or size differ
    /// from the defaults a "+" and their hash. A policy trained on tokens made with some options refuses those made with others.
    /// </summary>
    public string EncoderFingerprint { get => field ?? Fingerprint; init; }

    /// <summary>
    /// Which of several prompts the model puts tokens into, as text: answers and cross-entropies depend on it, tokens do not. Empty for the default.
    /// </summary>
    internal string PromptForm { get; init; } = "";

    /// <summary>
    /// Sampled frames that the encoder takes together as one time step, at least 1: 2 for Qwen2.5-VL. A clip of fewer than twice as many gives a
    /// single step.
    /// </summary>
    public int FramesPerStep { get; init; } = 1;

    /// <summary>Tokens of the language model's vocabulary; null where it is not known. Guessing has a cross-entropy of its logarithm.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>
    /// Tensors of <see cref="VideoTokens.DeepStack"/> that encoded videos carry, 3 in the released Qwen3-VL; 0 for models without. Tokens of such a
    /// model travel as feature files.
    /// </summary>
    public int DeepStackLevels { get; init; }

    /// <summary>Whether encoded videos carry <see cref="Tokens.EncoderStatistics"/>. Feature caches and saved pipelines go by it.</summary>
    public bool EncoderStatistics { get; init; }

    /// <summary>The last part of the source: "tiny", or the name of a checkpoint folder.</summary>
    internal string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Source.Replace('\\', '/')));

    /// <summary>An <see cref="EncoderFingerprint"/>.</summary>
    /// <param name="fingerprint">Of the model.</param>
    /// <param name="options">The options that differ from the defaults, as text; empty for none.</param>
    internal static string FingerprintOf(string fingerprint, string options) =>
        options.Length == 0 ? fingerprint : $"{fingerprint}+{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options)).AsSpan(0, 8))}";
}
