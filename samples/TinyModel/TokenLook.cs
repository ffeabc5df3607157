namespace Microsoft.ML.Score.TinyModel;

/// <summary>
/// How the pixels of a token look, whatever they belong to. An encoder that is asked for objects alone shows nothing else, and then
/// whatever changes between its tokens is an object; one that has seen the world, as those of the released models have, tells
/// backgrounds, distractors and flicker apart too.
/// </summary>
internal sealed class TokenLook
{
    /// <summary>Name and number of classes: which channels stand out, how bright the token is, and how much its two frames differ.</summary>
    public static readonly (string Name, int Classes)[] All = [("tint", 1 << TinyConfiguration.Channels), ("brightness", 6), ("flicker", 3)];

    private const int Frames = TinyConfiguration.TemporalPatchSize;
    private const int Pixels = TinyConfiguration.PatchesPerToken * TinyConfiguration.PatchSize * TinyConfiguration.PatchSize;

    // Out of 255. Camera noise alone makes two frames differ by less than 4.
    private const int OutstandingBy = 10, BrightnessStep = 43, SlightFlicker = 8, StrongFlicker = 25;

    private readonly long[] _sums = new long[TinyConfiguration.Channels];
    private readonly int[] _brightness = new int[Pixels];
    private long _difference;

    /// <summary>The classes, in the order of <see cref="All"/>.</summary>
    public sbyte[] Classes
    {
        get
        {
            var means = Array.ConvertAll(_sums, sum => sum / (Frames * Pixels));
            var mean = means.Sum() / means.Length;
            var tint = means.Select((value, channel) => value > mean + OutstandingBy ? 1 << channel : 0).Sum();
            var difference = _difference / (Pixels * TinyConfiguration.Channels);
            return [(sbyte)tint, (sbyte)(mean / BrightnessStep), (sbyte)(difference < SlightFlicker ? 0 : difference < StrongFlicker ? 1 : 2)];
        }
    }

    /// <summary>Adds a pixel of the first frame (0) or of the second (1); the first frame comes first.</summary>
    public void Add(int frame, int pixel, ReadOnlySpan<byte> channels)
    {
        var sum = 0;
        for (var channel = 0; channel < channels.Length; channel++)
        {
            _sums[channel] += channels[channel];
            sum += channels[channel];
        }

        if (frame == 0)
            _brightness[pixel] = sum;
        else
            _difference += Math.Abs(sum - _brightness[pixel]);
    }
}
