namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// What an encoder's fingerprint is made of. Files of earlier builds carry no <paramref name="Values"/>: they fit every model of the
/// same layout.
/// </summary>
/// <param name="Layout">Hash of configuration and tensor headers; all of a fingerprint that is not made by this library.</param>
/// <param name="Values">Hash of a sample of the weights; null where it is not known.</param>
/// <param name="Options">Hash of the options that the encoder was loaded with; null for the defaults.</param>
internal readonly record struct FingerprintParts(string Layout, string? Values, string? Options)
{
    private const int LayoutLength = 64;
    public const int ValuesLength = 16;

    /// <summary>The parts of <c>LAYOUT</c>, <c>LAYOUT.VALUES</c>, either with <c>+OPTIONS</c> behind it.</summary>
    public static FingerprintParts Of(string fingerprint)
    {
        var plus = fingerprint.IndexOf('+', StringComparison.Ordinal);
        var (model, options) = plus < 0 ? (fingerprint, null) : (fingerprint[..plus], fingerprint[(plus + 1)..]);
        return model.Length == LayoutLength + 1 + ValuesLength && model[LayoutLength] == '.'
            ? new(model[..LayoutLength], model[(LayoutLength + 1)..], options)
            : new(model, null, options);
    }

    public static string Join(string layout, string? values) => values is null ? layout : $"{layout}.{values}";

    public bool IsLayoutOf(FingerprintParts other) => Layout == other.Layout;

    /// <summary>Whether both are of one model, whatever its options.</summary>
    public bool IsModelOf(FingerprintParts other) => IsLayoutOf(other) && (Values is null || other.Values is null || Values == other.Values);

    /// <summary>Whether both are of one encoder, options included.</summary>
    public bool IsEncoderOf(FingerprintParts other) => IsModelOf(other) && Options == other.Options;
}
