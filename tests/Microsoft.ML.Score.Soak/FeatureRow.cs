namespace Microsoft.ML.Score.Soak;

/// <summary>A row of random features with its grid.</summary>
public sealed class FeatureRow
{
    public float[] Features { get; set; } = [];

    public float[] Grid { get; set; } = [];

    public static FeatureRow Random(int seed, int timeSteps, int height, int width, int dimension)
    {
        var features = new float[timeSteps * height * width * dimension];
        var random = new Random(seed);
        for (var i = 0; i < features.Length; i++)
            features[i] = random.NextSingle() - 0.5f;
        return new FeatureRow { Features = features, Grid = [timeSteps, height, width, 1] };
    }

    /// <summary>A small row with the dimension of the pool's and the tests' policies.</summary>
    public static FeatureRow Small(int seed) => Random(seed, 1 + seed % 5, 2, 3, 4);
}

/// <summary>What a pipeline predicts for a <see cref="FeatureRow"/>.</summary>
public sealed class MaskPrediction
{
    public bool[] Mask { get; set; } = [];

    public string Text => string.Concat(Mask.Select(kept => kept ? '1' : '0'));
}
