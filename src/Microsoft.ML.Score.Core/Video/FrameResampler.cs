namespace Microsoft.ML.Score.Video;

/// <summary>How the frames of a video are resized. Both are antialiased bicubic; on a sharp edge they differ by some levels of a byte.</summary>
public enum FrameResampler
{
    /// <summary>
    /// In single precision, rounded once, as torchvision does and so qwen-vl-utils, by which Qwen2.5-VL is run and measured: the default
    /// for its videos.
    /// </summary>
    Torchvision,

    /// <summary>
    /// Row and column passes in fixed point with bytes between, bit by bit as Pillow does and so the image processors of transformers.
    /// Still images, and all frames of LLaVA-Video, are resized so in any case.
    /// </summary>
    Pillow,
}

/// <summary>Resizes one RGB frame, [height, width, 3] before and after.</summary>
internal delegate void FrameResize(ReadOnlySpan<byte> source, Span<byte> destination);
