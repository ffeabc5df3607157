namespace Microsoft.ML.Score.TinyModel;

/// <summary>Cosines and sines [rows, headDimension / 2] of the rotary angles: element j of a head turns with element j + headDimension / 2.</summary>
internal sealed record RotaryTable(float[] Cosines, float[] Sines, int Half)
{
    /// <summary>The table of given angles [rows, half].</summary>
    public static RotaryTable FromAngles(float[] angles, int half) =>
        new(Array.ConvertAll(angles, MathF.Cos), Array.ConvertAll(angles, MathF.Sin), half);

    /// <summary>Turns one head by the angles of a table row; direction -1 turns back, which is also the derivative.</summary>
    public void Rotate(ReadOnlySpan<float> source, Span<float> target, int row, float direction)
    {
        var cosines = Cosines.AsSpan(row * Half, Half);
        var sines = Sines.AsSpan(row * Half, Half);
        for (var j = 0; j < Half; j++)
        {
            var (first, second, sine) = (source[j], source[j + Half], direction * sines[j]);
            target[j] = first * cosines[j] - second * sine;
            target[j + Half] = second * cosines[j] + first * sine;
        }
    }
}
