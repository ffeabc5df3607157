namespace Microsoft.ML.Score.Video;

[TestFixture]
public class OrientationTests
{
    // EXIF 2.32, 4.6.4: where row 0 and column 0 of the stored picture are seen. Stored are the corners a b / c d.
    [TestCase(1, "abcd")] // top, left
    [TestCase(2, "badc")] // top, right
    [TestCase(3, "dcba")] // bottom, right
    [TestCase(4, "cdab")] // bottom, left
    [TestCase(5, "acbd")] // left, top
    [TestCase(6, "cadb")] // right, top
    [TestCase(7, "dbca")] // right, bottom
    [TestCase(8, "bdac")] // left, bottom
    public void ReadFrames_PhotographOfAnExifOrientation_IsSeenUpright(int orientation, string seen)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var path = Path.Combine(folder, "photograph.jpg");
            FFmpegProgram.Run(
                "-f", "lavfi", "-i", "color=black:size=64x48:rate=1,format=yuv444p,geq=lum='60*(gte(X,W/2)+2*gte(Y,H/2))+30':cb=128:cr=128", "-frames:v", "1", "-q:v", "2", "-update", "1", path);
            File.WriteAllBytes(path, WithOrientation(File.ReadAllBytes(path), (byte)orientation));

            var video = VideoFile.Open(path);
            var frame = video.ReadFrames([0]).Single().ToArray();

            Assert.That((video.Height, video.Width), Is.EqualTo(orientation < 5 ? (48, 64) : (64, 48)));
            Assert.That(string.Concat(from y in new[] { 8, video.Height - 8 } from x in new[] { 8, video.Width - 8 } select Corner(frame[(y * video.Width + x) * 3])), Is.EqualTo(seen));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        // Luma 30, 90, 150, 210 in the narrow range.
        static char Corner(byte value) => (char)('a' + Math.Clamp((int)Math.Round((value * 219 / 255.0 + 16 - 30) / 60), 0, 3));
    }

    [TestCase("\\n00000000:        65536           0           0\\n00000001:            0       65536           0\\n", false, "")]
    [TestCase("\\n00000000:            0       65536           0\\n00000001:       -65536           0           0\\n", true, "transpose=cclock_flip,hflip,")]
    [TestCase("\\n00000000:       -65536           0           0\\n00000001:            0      -65536           0\\n", false, "hflip,vflip,")]
    [TestCase("\\n00000000:            0      -65536           0\\n00000001:       -65536           0           0\\n", true, "transpose=cclock_flip,hflip,vflip,")]
    [TestCase("\\n00000000:        65000        8000           0\\n00000001:        -8000       65000           0\\n", false, "")] // a tilt
    [TestCase("", false, "")]
    [TestCase("00000000: 99999999999999999999 0 0", false, "")]
    public void Of_Matrix_IsTheNearestOfEight(string matrix, bool isTurned, string filters)
    {
        Assert.That(Orientation.Of(matrix), Is.EqualTo(new Orientation(isTurned, filters)));
    }

    /// <summary>A JPEG with an EXIF segment of one entry before its others.</summary>
    private static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif = [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }
}
