namespace Microsoft.ML.Score.Models;

/// <summary>User turns that several parts of the library must put in the same words.</summary>
internal static class Questions
{
    /// <summary>The question that captions answer, in training and in evaluation.</summary>
    public const string Caption = "Describe the video.";
}
