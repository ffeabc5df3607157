namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>Where image_newline stands among the visual tokens (mm_newline_position).</summary>
internal enum NewlinePosition
{
    /// <summary>After every row of every frame.</summary>
    Grid,

    /// <summary>After every frame.</summary>
    Frame,

    /// <summary>Once, after the whole video.</summary>
    OneToken,

    /// <summary>Nowhere.</summary>
    NoToken,
}
