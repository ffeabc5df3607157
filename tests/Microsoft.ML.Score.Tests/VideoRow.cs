using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>A row whose grid is in a column of its own.</summary>
internal sealed class VideoRow
{
    public const int H = 2;
    public const int W = 3;
    public const int D = FakeVideoModel.D;

    public float[] Features { get; set; } = [];

    public float[] Grid { get; set; } = [];

    public float[] Salience { get; set; } = [];

    public string Caption { get; set; } = "";

    public string Question { get; set; } = "";

    public double WrongType { get; set; }

    /// <summary>A video of noise in which one token in six matters.</summary>
    public static VideoRow Random(int seed, int timeSteps)
    {
        var random = new Random(seed);
        var features = new float[timeSteps * H * W * D];
        for (var i = 0; i < features.Length; i++)
            features[i] = i % D == 0 ? (random.Next(6) == 0 ? 1 : 0) : random.NextSingle() - 0.5f;
        var salience = new float[timeSteps * H * W];
        for (var i = 0; i < salience.Length; i++)
            salience[i] = random.NextSingle();
        return new VideoRow { Features = features, Grid = [timeSteps, H, W, 0.5f], Salience = salience, Caption = $"video {seed}", Question = $"question {seed}" };
    }

    /// <summary>The video as the library's core sees it, the saliences as its pooled attention.</summary>
    public VideoTokens Tokens() => new(new TokenGrid((int)Grid[0], H, W, Grid[3]), D, Features, "fake-encoder") { Statistics = new EncoderStatistics { PooledAttention = Salience } };

    public static VideoRow[] Several(int count, int firstSeed = 0) => [.. Enumerable.Range(firstSeed, count).Select(seed => Random(seed, 1 + seed % 4))];
}

/// <summary>A row whose grid is in the dimensions of its features.</summary>
internal sealed class DimensionedRow
{
    [VectorType(0, VideoRow.H, VideoRow.W, VideoRow.D)]
    public float[] Features { get; set; } = [];

    public string Caption { get; set; } = "";

    public string Question { get; set; } = "";

    public double WrongType { get; set; }
}

/// <summary>A row whose features are in a file.</summary>
internal sealed class PathRow
{
    public string Features { get; set; } = "";

    public string Caption { get; set; } = "";

    public string Question { get; set; } = "";

    public double WrongType { get; set; }
}

/// <summary>A clip in memory, 1 x 6 pixels a frame.</summary>
internal sealed class ClipRow
{
    [VectorType(0, 1, 6, 3)]
    public byte[] Frames { get; set; } = [];

    public string Caption { get; set; } = "";

    public string Question { get; set; } = "";

    public double WrongType { get; set; }

    public static ClipRow Random(int seed, int frames)
    {
        var bytes = new byte[frames * 6 * 3];
        var random = new Random(seed);
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(random.Next(6) == 0 ? 255 : random.Next(200));
        return new ClipRow { Frames = bytes, Caption = $"clip {seed}", Question = $"question {seed}" };
    }
}
