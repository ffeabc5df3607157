using System.Text.Json;
using Microsoft.ML.Score.Datasets.Annotations;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The entries of <see cref="TrainingSetFormat.Coco"/>.</summary>
/// <remarks>The first that says something is taken. An image's further captions are left out: joined into one target, each would be half told by the one before; as rows of their own, one image would meet itself in a pseudo-video.</remarks>
internal static class CocoCaptions
{
    /// <exception cref="FormatException">There are no images or annotations.</exception>
    public static IEnumerable<TrainingEntry> Read(Stream stream)
    {
        using var document = JsonDocument.Parse(new PythonJson(stream));
        var (images, annotations) = (Array(document, "images"), Array(document, "annotations"));

        var captions = new Dictionary<long, string>();
        foreach (var (index, annotation) in annotations.EnumerateArray().Index())
            if (Annotation(annotation) is var (image, caption))
            {
                if (!captions.TryGetValue(image, out var first) || string.IsNullOrWhiteSpace(first))
                    captions[image] = caption;
            }
            else
            {
                yield return TrainingEntry.Damaged($"annotations[{index}]", "expected an object with a number \"image_id\" and a text \"caption\".");
            }

        var met = new HashSet<long>();
        foreach (var (index, image) in images.EnumerateArray().Index())
        {
            var place = $"images[{index}]";
            if (JsonFields.Number(image, "id") is not { } id || JsonFields.Text(image, "file_name") is not { } name)
                yield return TrainingEntry.Damaged(place, "expected an object with a number \"id\" and a text \"file_name\".");
            else if (!met.Add(id))
                yield return TrainingEntry.Damaged(place, $"the id {id} is another image's.");
            else
                yield return captions.TryGetValue(id, out var caption)
                    ? new TrainingEntry(place, name, caption, IsStill: true)
                    : TrainingEntry.Faulty(place, SkipReason.NotCaptioned, "it has no caption.");
        }

        foreach (var (index, annotation) in annotations.EnumerateArray().Index())
            if (Annotation(annotation) is var (image, _) && !met.Contains(image))
                yield return TrainingEntry.Damaged($"annotations[{index}]", $"there is no image {image}.");
    }

    private static (long Image, string Caption)? Annotation(JsonElement annotation) =>
        JsonFields.Number(annotation, "image_id") is { } image && JsonFields.Text(annotation, "caption") is { } caption ? (image, caption) : null;

    private static JsonElement Array(JsonDocument document, string name) =>
        JsonFields.Field(document.RootElement, name) is { ValueKind: JsonValueKind.Array } array
            ? array
            : throw new FormatException($"expected an object with an array \"{name}\".");
}
