using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Soak;

/// <summary>300 lazy rows of 4 MB through a fitted and a rehydrated pipeline, with the process's peak memory.</summary>
internal static class StreamRun
{
    private const int Rows = 300;
    private const int TimeSteps = 16;
    private const int Side = 16;
    private const int Dimension = 256; // 16 x 16 x 16 x 256 floats = 4 MiB
    private const long LimitMiB = 300;

    public static int Run()
    {
        var context = new MLContext();
        var data = context.Data.LoadFromEnumerable(LazyRows());
        var pipeline = context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(Dimension), new ScorePolicyOptions { RetentionRatio = 0.1 })
            .Append(context.Transforms.GatherTokens("Kept", "Features", "Mask"));
        var fitted = pipeline.Fit(data);
        using var zip = new MemoryStream();
        context.Model.Save(fitted, data.Schema, zip);
        zip.Position = 0;
        var rehydrated = context.Model.Rehydrate(context.Model.Load(zip, out _));

        var kept = Stream(fitted, data);
        var agree = kept == Stream(rehydrated, data);
        using var process = Process.GetCurrentProcess();
        var peak = process.PeakWorkingSet64 >> 20;
        Console.WriteLine($"{Rows} rows of {sizeof(float) * TimeSteps * Side * Side * Dimension >> 20} MiB through the fitted and the rehydrated pipeline: {kept.Tokens} tokens kept in each, peak working set {peak} MiB, limit {LimitMiB} MiB");
        if (!agree)
            Console.Error.WriteLine("The rehydrated pipeline kept other tokens than the fitted one.");
        return agree && peak < LimitMiB ? 0 : 1;
    }

    private static IEnumerable<FeatureRow> LazyRows()
    {
        for (var row = 0; row < Rows; row++)
            yield return FeatureRow.Random(row, TimeSteps, Side, Side, Dimension);
    }

    /// <summary>Reads every new column of every row; returns how many tokens were kept and a checksum of where.</summary>
    private static (long Tokens, long Checksum) Stream(ITransformer transformer, IDataView data)
    {
        var view = transformer.Transform(data);
        using var cursor = view.GetRowCursor([view.Schema["Mask"], view.Schema["Kept"], view.Schema["KeptPositions"]]);
        var kept = cursor.GetGetter<VBuffer<float>>(view.Schema["Kept"]);
        var positions = cursor.GetGetter<VBuffer<int>>(view.Schema["KeptPositions"]);
        VBuffer<float> vectors = default;
        VBuffer<int> indices = default;
        long tokens = 0, checksum = 0;
        while (cursor.MoveNext())
        {
            kept(ref vectors);
            positions(ref indices);
            tokens += vectors.Length / Dimension;
            foreach (var index in indices.GetValues())
                checksum = checksum * 31 + index;
        }

        return (tokens, checksum);
    }
}
