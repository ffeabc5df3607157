namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The layouts of captioned images and videos that <see cref="TrainingSet"/> reads.</summary>
public enum TrainingSetFormat
{
    /// <summary>Conversations as LLaVA-OneVision and LLaVA-Video-178K have them: a JSON array or JSON lines of objects with <c>image</c> or <c>video</c> and <c>conversations</c> of turns <c>{from, value}</c>. The caption is the first turn from <c>gpt</c>. Read as a stream.</summary>
    Llava,

    /// <summary>Koala-36M's CSV with the columns <c>videoID</c> and <c>caption</c>, others ignored; the video is <c>videoID</c>, with any extension of a video, or none. Read as a stream.</summary>
    Koala,

    /// <summary>COCO captions: a JSON object with <c>images</c> and <c>annotations</c>. One row an image, with the first of its captions that says something. Images and captions stand apart, so the document is held as a whole (train2017: 92 MB).</summary>
    Coco,
}
