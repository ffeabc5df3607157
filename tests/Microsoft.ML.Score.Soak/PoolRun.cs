using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Soak;

/// <summary>Predictions of a pool on several threads against direct ones, with the file at rest and while it is replaced again and again.</summary>
internal static class PoolRun
{
    private const int Threads = 4;
    private const int Predictions = 1000;
    private const int Reloads = 30;

    public static int Run()
    {
        var folder = Directory.CreateTempSubdirectory("score-pool-");
        try
        {
            var rows = Enumerable.Range(0, Predictions).Select(FeatureRow.Small).ToArray();
            var sparse = Save(Path.Combine(folder.FullName, "sparse.zip"), 0.25, rows);
            var dense = Save(Path.Combine(folder.FullName, "dense.zip"), 0.75, rows);
            return AtRest(sparse, rows) & WhileReplaced(sparse, dense, rows) ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool AtRest(Pipeline pipeline, FeatureRow[] rows)
    {
        using var provider = Provider(pipeline.Zip);
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<FeatureRow, MaskPrediction>>();
        var differences = 0;
        OnThreads(thread =>
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var row = (i + thread * rows.Length / Threads) % rows.Length;
                if (pool.Predict(rows[row]).Text != pipeline.Masks[row])
                    Interlocked.Increment(ref differences);
            }
        }, () => { });
        Console.WriteLine($"{differences} differences in {Threads * Predictions} predictions: {Threads} threads x {Predictions}");
        return differences == 0;
    }

    private static bool WhileReplaced(Pipeline sparse, Pipeline dense, FeatureRow[] rows)
    {
        var served = Path.Combine(Path.GetDirectoryName(sparse.Zip)!, "served.zip");
        File.Copy(sparse.Zip, served);
        using var provider = Provider(served);
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<FeatureRow, MaskPrediction>>();
        var (differences, predictions, arrived, ended) = (0, 0, 0, false);
        var telling = Enumerable.Range(0, rows.Length).First(row => sparse.Masks[row] != dense.Masks[row]);

        OnThreads(thread =>
        {
            for (var row = thread; !Volatile.Read(ref ended); row = (row + 1) % rows.Length)
            {
                var mask = pool.Predict(rows[row]).Text;
                if (mask != sparse.Masks[row] && mask != dense.Masks[row])
                    Interlocked.Increment(ref differences);
                Interlocked.Increment(ref predictions);
            }
        }, () =>
        {
            pool.Predict(rows[0]);
            for (var i = 0; i < Reloads; i++)
            {
                var next = i % 2 == 0 ? dense : sparse;
                Replace(next.Zip, served, i % 3);
                if (SpinWait.SpinUntil(() => pool.Predict(rows[telling]).Text == next.Masks[telling], TimeSpan.FromSeconds(30)))
                    arrived++;
            }
            Volatile.Write(ref ended, true);
        });
        Console.WriteLine($"{differences} of {predictions} predictions neither of the former nor of the new pipeline; {arrived} of {Reloads} changes by move, copy and in place arrived");
        return differences == 0 && arrived == Reloads;
    }

    private static void Replace(string source, string served, int way)
    {
        switch (way)
        {
            case 0:
                File.Copy(source, served + ".new");
                File.Move(served + ".new", served, overwrite: true);
                break;
            case 1:
                File.Copy(source, served, overwrite: true);
                break;
            default:
                File.WriteAllBytes(served, File.ReadAllBytes(source));
                break;
        }
    }

    private static Pipeline Save(string zip, double ratio, FeatureRow[] rows)
    {
        var context = new MLContext();
        var data = context.Data.LoadFromEnumerable(rows);
        var policy = PolicyNetwork.Initialize(dimension: 4);
        var transformer = context.Transforms.ApplyScorePolicy("Mask", "Features", policy, new ScorePolicyOptions { RetentionRatio = ratio }).Fit(data);
        context.Model.Save(transformer, data.Schema, zip);
        return new Pipeline(zip, [.. context.Data.CreateEnumerable<MaskPrediction>(transformer.Transform(data), reuseRowObject: false).Select(prediction => prediction.Text)]);
    }

    private static ServiceProvider Provider(string zip) =>
        new ServiceCollection().AddScorePredictionEnginePool<FeatureRow, MaskPrediction>(zip).BuildServiceProvider();

    private static void OnThreads(Action<int> work, Action meanwhile)
    {
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() => work(thread))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        meanwhile();
        foreach (var thread in threads)
            thread.Join();
    }

    private sealed record Pipeline(string Zip, string[] Masks);
}
