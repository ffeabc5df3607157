using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Columns;

/// <summary>What the four dimensions of a features column's type say of its videos; 0 is what they do not say.</summary>
internal readonly record struct FeatureShape(int TimeSteps, int Height, int Width, int Dimension)
{
    /// <summary>Whether T alone is left to the number of values, so that no grid column is needed.</summary>
    public bool GivesGrid => Height > 0 && Width > 0 && Dimension > 0;

    public static FeatureShape Of(DataViewType type, FeatureOrder? order) => type is not VectorDataViewType { Dimensions: [var steps, var second, var third, var last] }
        ? default
        : order == FeatureOrder.ChannelsFirst ? new(steps, third, last, second) : new(steps, second, third, last);

    public VectorDataViewType ToType(FeatureOrder? order) => this == default
        ? new(NumberDataViewType.Single)
        : order == FeatureOrder.ChannelsFirst
            ? new(NumberDataViewType.Single, TimeSteps, Dimension, Height, Width)
            : new(NumberDataViewType.Single, TimeSteps, Height, Width, Dimension);

    /// <summary>Whether nothing that both know differs.</summary>
    public bool Fits(FeatureShape other) =>
        Fits(TimeSteps, other.TimeSteps) && Fits(Height, other.Height) && Fits(Width, other.Width) && Fits(Dimension, other.Dimension);

    /// <summary>What either knows.</summary>
    public FeatureShape Or(FeatureShape other) => new(
        Math.Max(TimeSteps, other.TimeSteps), Math.Max(Height, other.Height), Math.Max(Width, other.Width), Math.Max(Dimension, other.Dimension));

    /// <summary>
    /// Whether a shape that was read with channels last, without anyone saying so, looks as if the channels came first: its second
    /// dimension is the D that is wanted; or, where none is, it exceeds the last, or the two last are the sides of a square picture.
    /// </summary>
    public bool LooksChannelsFirst(int? wantedDimension) => wantedDimension is { } wanted
        ? Height == wanted
        : Height > 0 && Dimension > 0 && (Height > Dimension || Width == Dimension);

    private static bool Fits(int left, int right) => left == right || left == 0 || right == 0;
}
