namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>A still image or video with its caption: a row to train on, and with <c>LoadFromEnumerable</c> a row of a data view.</summary>
/// <param name="Path">Full path of the file; it was there when the row was read.</param>
/// <param name="Caption">What it shows; not blank.</param>
/// <param name="IsStill">Whether the set lists it as an image: one frame, for the warm-up. Videos are for the main stage.</param>
/// <param name="Name">The path as the set has it, relative to the folder; of a video named by its id, the file that was found.</param>
public sealed record CaptionedFile(string Path, string Caption, bool IsStill, string Name)
{
    /// <summary>Where the row stands in its file, such as <c>line 7</c> or <c>images[7]</c>; lines count from 1, indices from 0.</summary>
    public string Place { get; init; } = "";
}
