using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Composition;

/// <summary>The features of one video of any size, with what a pipeline asks beside them.</summary>
internal sealed class FeatureRow
{
    public float[] Features { get; set; } = [];

    public string Caption { get; set; } = "a caption";

    public string Question { get; set; } = "a question";

    public bool Label { get; set; }

    /// <summary>Videos of noise.</summary>
    public static FeatureRow[] Noise(int count, int length, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new FeatureRow { Features = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)] })];
    }
}

/// <summary>Views of rows, and what is read from views.</summary>
internal static class Rows
{
    /// <summary>A view whose features column has the given dimensions.</summary>
    public static IDataView View(MLContext context, IEnumerable<FeatureRow> rows, params int[] dimensions)
    {
        var definition = SchemaDefinition.Create(typeof(FeatureRow));
        definition[nameof(FeatureRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimensions);
        return context.Data.LoadFromEnumerable(rows, definition);
    }

    /// <summary>The rows with the values of each, [T, H, W, D], moved to [T, D, H, W] one index at a time.</summary>
    public static FeatureRow[] ChannelsFirst(FeatureRow[] rows, int h, int w, int d) => [.. rows.Select(row =>
    {
        var moved = new float[row.Features.Length];
        for (var i = 0; i < moved.Length; i++)
        {
            var (t, y, x, c) = (i / (h * w * d), i / (w * d) % h, i / d % w, i % d);
            moved[((t * d + c) * h + y) * w + x] = row.Features[i];
        }

        return new FeatureRow { Features = moved, Caption = row.Caption, Question = row.Question, Label = row.Label };
    })];

    public static TValue[][] Vectors<TValue>(IDataView view, string name) => [.. view.GetColumn<VBuffer<TValue>>(name).Select(value => value.DenseValues().ToArray())];

    /// <summary>The pipeline saved and loaded in a new context, plainly and as the real transformers.</summary>
    public static IEnumerable<(string How, ITransformer Loaded)> Reloaded(MLContext context, ITransformer fitted, DataViewSchema schema, ScoreLoadOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        var zip = folder.File("pipeline.zip");
        context.Model.Save(fitted, schema, zip);
        yield return ("Load", new MLContext().Model.Load(zip, out _));
        yield return ("LoadScore", new MLContext().Model.LoadScore(zip, out _, options));
    }
}
