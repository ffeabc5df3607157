namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>An entry as its format's reader understands it, before its file is looked for: a name and a caption, or a fault.</summary>
internal readonly record struct TrainingEntry(string Place, string Name, string Caption, bool IsStill, SkippedRow? Fault = null)
{
    /// <summary>Whether the name is a video's id, whose file may have any extension.</summary>
    public bool IsVideoId { get; init; }

    public static TrainingEntry Damaged(string place, string message) => Faulty(place, SkipReason.Damaged, message);

    public static TrainingEntry Faulty(string place, SkipReason reason, string message) => new(place, "", "", false, new SkippedRow(place, reason, message));
}
