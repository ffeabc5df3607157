using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ML;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Soak;

/// <summary>Predictions of a pool on several threads against direct ones.</summary>
internal static class PoolRun
{
    private const int Threads = 4;
    private const int Predictions = 1000;

    public static int Run()
    {
        var zip = Path.Combine(Path.GetTempPath(), $"score-pool-{Environment.ProcessId}.zip");
        try
        {
            return Compare(zip);
        }
        finally
        {
            File.Delete(zip);
        }
    }

    private static int Compare(string zip)
    {
        var context = new MLContext();
        var rows = Enumerable.Range(0, Predictions).Select(FeatureRow.Small).ToArray();
        var data = context.Data.LoadFromEnumerable(rows);
        var policy = PolicyNetwork.Initialize(dimension: 4);
        var transformer = context.Transforms.ApplyScorePolicy("Mask", "Features", policy, new ScorePolicyOptions { RetentionRatio = 0.25 }).Fit(data);
        context.Model.Save(transformer, data.Schema, zip);
        var expected = context.Data.CreateEnumerable<MaskPrediction>(transformer.Transform(data), reuseRowObject: false).Select(prediction => prediction.Text).ToArray();

        var differences = Differences(rows, expected, services => services.AddPredictionEnginePool<FeatureRow, MaskPrediction>().FromFile(zip))
            + Differences(rows, expected, services => services.AddScorePredictionEnginePool<FeatureRow, MaskPrediction>(zip));
        Console.WriteLine($"{differences} differences in {2 * Threads * Predictions} predictions: {Threads} threads x {Predictions} with FromFile and with AddScorePredictionEnginePool");
        return differences == 0 ? 0 : 1;
    }

    private static int Differences(FeatureRow[] rows, string[] expected, Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        using var provider = services.BuildServiceProvider();
        var pool = provider.GetRequiredService<PredictionEnginePool<FeatureRow, MaskPrediction>>();
        var differences = 0;
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var row = (i + thread * rows.Length / Threads) % rows.Length;
                if (pool.Predict(rows[row]).Text != expected[row])
                    Interlocked.Increment(ref differences);
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return differences;
    }
}
