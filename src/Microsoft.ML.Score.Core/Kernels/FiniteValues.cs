using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Kernels;

/// <summary>Finds values that features may not hold.</summary>
internal static class FiniteValues
{
    /// <summary>The index of the first value that is NaN or infinite, -1 where all are finite.</summary>
    public static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty || TensorPrimitives.IsFiniteAll(values)) // of none .NET says that not all are
            return -1;
        var i = 0;
        while (float.IsFinite(values[i]))
            i++;
        return i;
    }
}
