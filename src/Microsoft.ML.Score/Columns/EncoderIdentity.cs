namespace Microsoft.ML.Score.Columns;

/// <summary>Which encoder's tokens a policy or a language model takes.</summary>
/// <param name="Owner">Who asks, for messages, for example "the policy".</param>
/// <param name="Dimension">D of the tokens; null takes any.</param>
/// <param name="Fingerprint">Fingerprint of the encoder's model; null takes any.</param>
internal sealed record EncoderIdentity(string Owner, int? Dimension, string? Fingerprint)
{
    public static readonly EncoderIdentity Any = new("", null, null);

    /// <summary>Why tokens are refused, or null. What is unknown on either side is not refused.</summary>
    public string? Refuses(int? dimension, string? fingerprint)
    {
        if (Dimension is { } wanted && dimension is { } actual && wanted != actual)
            return $"{Owner} takes tokens of dimension {wanted}, got {actual}.";
        if (Fingerprint is not null && fingerprint is not null && Fingerprint != fingerprint)
            return $"{Owner} takes tokens of the encoder with fingerprint {Fingerprint}, got those of {fingerprint}.";
        return null;
    }
}
