namespace Microsoft.ML.Score.Kernels;

/// <summary>GELU in double precision; erf by its Taylor series, erfc beyond by its continued fraction.</summary>
internal static class SlowGelu
{
    public static double Value(double x) => x * Phi(x);

    public static double Derivative(double x) => Phi(x) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    private static double Phi(double x)
    {
        var z = Math.Abs(x) / Math.Sqrt(2);
        double upperTail;
        if (z < 2.5)
        {
            double term = z, sum = z;
            for (var n = 1; n < 100; n++)
            {
                term *= -z * z / n;
                sum += term / (2 * n + 1);
            }
            upperTail = 0.5 - sum / Math.Sqrt(Math.PI);
        }
        else
        {
            var fraction = 0.0;
            for (var n = 60; n >= 1; n--)
                fraction = n / 2.0 / (z + fraction);
            upperTail = 0.5 * Math.Exp(-z * z) / Math.Sqrt(Math.PI) / (z + fraction);
        }
        return x >= 0 ? 1 - upperTail : upperTail;
    }
}
