using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Score;

var services = new ServiceCollection();
services.AddScorePredictionEnginePool<ClipRow, Compressed>(args[0]);
using var provider = services.BuildServiceProvider();
var pool = provider.GetRequiredService<ScorePredictionEnginePool<ClipRow, Compressed>>();

var rows = ClipRow.Test().ToArray();
var expected = File.ReadAllLines(args[1]);
var wrong = 0;
Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, client =>
{
    for (var i = 0; i < 20; i++)
    {
        var index = (client + i) % rows.Length;
        if (pool.Predict(rows[index]).ToString() != expected[index])
            Interlocked.Increment(ref wrong);
    }
});
Console.WriteLine($"160 predictions, {wrong} wrong");
