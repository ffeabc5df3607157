namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>An entry of a training set that gives no row.</summary>
/// <param name="Place">Where it stands in its file, such as <c>line 7</c> or <c>annotations[7]</c>; lines count from 1, indices from 0.</param>
/// <param name="Reason">The kind of fault.</param>
/// <param name="Message">What was expected and what was found.</param>
public sealed record SkippedRow(string Place, SkipReason Reason, string Message);

/// <summary>Why an entry of a training set gives no row.</summary>
public enum SkipReason
{
    /// <summary>Its image or video is not in the folder.</summary>
    MissingFile,

    /// <summary>It is sound but no captioned image or video: text alone, several images, or an image that nobody captioned.</summary>
    NotCaptioned,

    /// <summary>It breaks its format, or its path leaves the folder.</summary>
    Damaged,
}
