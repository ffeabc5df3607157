using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score;

/// <summary>What all compressions of tokens ask for.</summary>
public abstract class TokenCompressionOptions
{
    private protected TokenCompressionOptions()
    {
    }

    /// <summary>
    /// rho, the share of tokens that stay: k = max(1, floor(rho*T*N)) in double arithmetic, where the method does not count otherwise. In
    /// (0, 1]. Default 0.10.
    /// </summary>
    public double RetentionRatio { get; init; } = 0.10;

    /// <summary>
    /// Name of the grid column, a Vector of <see cref="float"/> of 4 = (T, H, W, seconds per step). Not needed where the features
    /// column's type has its dimensions or holds paths of feature files. Default "Grid".
    /// </summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// The order of the values in a vector column of features: <see cref="FeatureOrder.ChannelsLast"/> is [T, H, W, D],
    /// <see cref="FeatureOrder.ChannelsFirst"/> is [T, D, H, W], as image models in ONNX give them. Default null: channels last, but a column
    /// whose dimensions look like channels first (the second is the D that is wanted; where none is, it exceeds the last, or the two last are
    /// equal) is refused until this says which. Feature files and what
    /// <c>EncodeVideo</c> gives are always channels last.
    /// </summary>
    public FeatureOrder? FeatureOrder { get; init; }

    /// <summary>What is wrong with these options.</summary>
    private protected virtual OptionFaults Faults() => new OptionFaults(GetType().Name)
        .Require(RetentionRatio is > 0 and <= 1, RetentionRatio, "lie in (0, 1]")
        .RequireName(GridColumnName)
        .Require(FeatureOrder is not { } order || Enum.IsDefined(order), FeatureOrder, $"be null, {Score.FeatureOrder.ChannelsLast} or {Score.FeatureOrder.ChannelsFirst}");

    internal void ThrowIfFaulty(string parameterName) => Faults().ThrowIfAny(parameterName);
}
