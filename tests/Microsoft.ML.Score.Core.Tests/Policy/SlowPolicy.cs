using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>Equations (2)-(4), (8) and (9) as the paper writes them, in double precision, with h materialised: the slow twin of the policy.</summary>
internal static class SlowPolicy
{
    public static double[] Logits(VideoTokens video, double[] parameters, int hiddenWidth, bool useResidual, bool useNormalization = false)
    {
        var (d, n) = (video.Dimension, video.Grid.TokensPerStep);
        double[] x = [.. video.Vectors.ToArray()];
        if (useNormalization)
            x = [.. x.Chunk(d).SelectMany(token => token.Select(value => value / Math.Sqrt(token.Sum(v => v * v) / d + 1e-6)))];
        var state = useResidual ? 2 * d : d;
        var logits = new double[video.Grid.Count];
        for (var token = 0; token < logits.Length; token++)
        {
            var h = new double[state];
            for (var j = 0; j < d; j++)
            {
                h[j] = x[token * d + j];
                if (useResidual)
                    h[d + j] = x[token * d + j] - (token >= n ? x[(token - n) * d + j] : 0);
            }
            logits[token] = parameters[^1];
            for (var row = 0; row < hiddenWidth; row++)
            {
                var sum = parameters[hiddenWidth * state + row];
                for (var j = 0; j < state; j++)
                    sum += parameters[row * state + j] * h[j];
                logits[token] += parameters[hiddenWidth * (state + 1) + row] * SlowGelu.Value(sum);
            }
        }
        return logits;
    }

    public static double Loss(double[] logits, IReadOnlyList<bool[]> masks, double[] advantages)
    {
        var loss = 0.0;
        for (var k = 0; k < masks.Count; k++)
            for (var i = 0; i < logits.Length; i++)
            {
                var p = 1 / (1 + Math.Exp(-logits[i]));
                loss -= advantages[k] * Math.Log(masks[k][i] ? p : 1 - p) / masks.Count / logits.Length;
            }
        return loss;
    }
}
