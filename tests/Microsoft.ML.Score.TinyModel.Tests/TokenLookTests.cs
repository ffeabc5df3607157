namespace Microsoft.ML.Score.TinyModel;

[TestFixture]
public class TokenLookTests
{
    private const int Pixels = 64;

    [TestCase(new byte[] { 200, 40, 40 }, 0b001, 93 / 43)]
    [TestCase(new byte[] { 40, 200, 200 }, 0b110, 146 / 43)]
    [TestCase(new byte[] { 240, 240, 240 }, 0b000, 240 / 43)]
    [TestCase(new byte[] { 0, 0, 0 }, 0b000, 0)]
    public void Classes_OneColour_AreItsOutstandingChannelsAndBrightness(byte[] colour, int tint, int brightness) =>
        Assert.That(LookOf(colour, colour).Classes, Is.EqualTo(new[] { tint, brightness, 0 }));

    [TestCase(7, 0)]
    [TestCase(8, 1)]
    [TestCase(24, 1)]
    [TestCase(25, 2)]
    public void Classes_FramesThatDiffer_AreHowMuch(int difference, int flicker) =>
        Assert.That(LookOf([100, 100, 100], [(byte)(100 + difference), (byte)(100 + difference), (byte)(100 + difference)]).Classes[2], Is.EqualTo(flicker));

    private static TokenLook LookOf(params byte[][] colours)
    {
        var look = new TokenLook();
        for (var frame = 0; frame < colours.Length; frame++)
            for (var pixel = 0; pixel < Pixels; pixel++)
                look.Add(frame, pixel, colours[frame]);
        return look;
    }
}
