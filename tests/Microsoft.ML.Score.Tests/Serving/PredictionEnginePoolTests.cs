using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.ML.Score.Serving;

[TestFixture]
internal sealed class PredictionEnginePoolTests : PoolFixture
{
    [TestCase(4, 1000)]
    [TestCase(8, 250)]
    public void Predict_ManyThreads_GivesEveryCallerItsOwnAnswer(int threads, int predictions)
    {
        Adders.Save(File1, 1);
        var pool = Pool(options => options.FromFile(File1));

        var (wrong, made) = (0, 0);
        OnThreads(threads, thread =>
        {
            for (var i = 0; i < predictions; i++)
            {
                var value = thread * predictions + i;
                if (pool.Predict(new Number { Value = value }).Sum != value + 1)
                    Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref made);
            }
        });

        Assert.That(wrong, Is.Zero);
        Assert.That(made, Is.EqualTo(threads * predictions));
    }

    [Test]
    public void Predict_ConcurrentFirstCalls_LoadOnce()
    {
        File.WriteAllText(File1, "1");
        using var loading = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var pool = Pool(options =>
        {
            options.Load = (context, stream, load) =>
            {
                loading.Set();
                Assert.That(goOn.Wait(TimeSpan.FromSeconds(20)));
                return Adders.LoadText(context, stream, load);
            };
            options.FromFile(File1);
        });

        var sums = new float[8];
        var started = 0;
        var threads = Start(8, thread =>
        {
            Interlocked.Increment(ref started);
            sums[thread] = pool.Predict(new Number { Value = thread }).Sum;
        });
        Assert.That(loading.Wait(TimeSpan.FromSeconds(20)));
        Assert.That(Within(() => Volatile.Read(ref started) == 8));
        goOn.Set();
        Join(threads);

        Assert.That(sums, Is.EqualTo(Enumerable.Range(1, 8).Select(sum => (float)sum)));
        Assert.That(Adders.Loaded, Has.Count.EqualTo(1));
    }

    [Test]
    public void Predict_NothingPredictedYet_LoadsNothing()
    {
        File.WriteAllText(File1, "1");
        TextPool();

        Assert.That(Adders.Loaded, Is.Empty);
    }

    [Test]
    public void Predict_FileAppearsAfterAFailure_IsLoadedByTheNextCall()
    {
        var pool = Pool(options => options.FromFile("late", File1));
        var error = Assert.Throws<InvalidOperationException>(() => pool.Predict("late", new Number()))!;
        Assert.That(error.Message, Does.Contain("'late'").And.Contain(File1));
        Assert.That(error.InnerException, Is.InstanceOf<FileNotFoundException>());

        Adders.Save(File1, 5);

        Assert.That(pool.Predict("late", new Number { Value = 1 }).Sum, Is.EqualTo(6));
    }

    [Test]
    public void Predict_DamagedFile_NamesModelAndFileEachTime()
    {
        File.WriteAllText(File1, "not a pipeline");
        var pool = Pool(options => options.FromFile(File1));

        for (var i = 0; i < 2; i++)
            Assert.That(() => pool.Predict(new Number()), Throws.InvalidOperationException.With.Message.Contains("the default model").And.Message.Contains(File1));
    }

    [Test]
    public void Predict_PipelineWithoutThePredictionsColumn_IsRefusedWhenLoaded()
    {
        var context = new MLContext();
        var data = context.Data.LoadFromEnumerable(new[] { new Number() });
        context.Model.Save(context.Transforms.CopyColumns("Other", "Value").Fit(data), data.Schema, File1);
        var pool = Pool(options => options.FromFile(File1));

        Assert.That(() => pool.Rent(), Throws.InvalidOperationException.With.Message.Contains("Sum"));
    }

    [Test]
    public void Predict_NamedModels_AreKeptApart()
    {
        Adders.Save(Path.Combine(Folder, "one.zip"), 1);
        Adders.Save(Path.Combine(Folder, "hundred.zip"), 100);
        var pool = Pool(options => options.FromFile("one", Path.Combine(Folder, "one.zip")).FromFile("hundred", Path.Combine(Folder, "hundred.zip")));

        Assert.That(pool.Predict("one", new Number()).Sum, Is.EqualTo(1));
        Assert.That(pool.Predict("hundred", new Number()).Sum, Is.EqualTo(100));
        Assert.That(() => pool.Predict(new Number()), Throws.ArgumentException.With.Message.Contains("no default model").And.Message.Contains("'one'"));
        Assert.That(() => pool.Predict("other", new Number()), Throws.ArgumentException.With.Message.Contains("'other'").And.Message.Contains("'one', the model 'hundred'"));
    }

    [Test]
    public void AddScorePredictionEnginePool_SeveralCalls_AddModelsToOnePool()
    {
        Adders.Save(File1, 1);
        var services = new ServiceCollection();
        services.AddScorePredictionEnginePool<Number, Total>(File1).AddScorePredictionEnginePool<Number, Total>(pool => pool.FromFile("same", File1));
        using var provider = services.BuildServiceProvider();
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<Number, Total>>();

        Assert.That(pool.Predict(new Number()).Sum, Is.EqualTo(1));
        Assert.That(pool.Predict("same", new Number()).Sum, Is.EqualTo(1));
        Assert.That(provider.GetServices<ScorePredictionEnginePool<Number, Total>>().Count(), Is.EqualTo(1));
    }

    [Test]
    public void FromFile_NameTwice_Throws() =>
        Assert.That(() => Pool(options => options.FromFile("same", "a.zip").FromFile("same", "b.zip")), Throws.ArgumentException.With.Message.Contains("'same'").And.Message.Contains("a.zip"));

    [Test]
    public void Dispose_Provider_DisposesThePipelineAfterTheLastLease()
    {
        File.WriteAllText(File1, "1");
        var provider = Provider(options =>
        {
            options.Load = Adders.LoadText;
            options.FromFile(File1);
        });
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<Number, Total>>();
        var lease = pool.Rent();

        provider.Dispose();

        Assert.That(() => pool.Predict(new Number()), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(Adders.Loaded.Single().Disposals, Is.Zero);
        Assert.That(lease.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
        lease.Dispose();
        lease.Dispose();
        Assert.That(Adders.Loaded.Single().Disposals, Is.EqualTo(1));
        Assert.That(() => lease.Predict(new Number()), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Dispose_ModelNeverUsed_ThrowsAfterwards()
    {
        var pool = Pool(options => options.FromFile(File1));
        pool.Dispose();

        Assert.That(() => pool.Predict(new Number()), Throws.InstanceOf<ObjectDisposedException>());
    }

    private static void OnThreads(int count, Action<int> work) => Join(Start(count, work));

    private static Thread[] Start(int count, Action<int> work)
    {
        var threads = Enumerable.Range(0, count).Select(thread => new Thread(() => work(thread))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        return threads;
    }

    private static void Join(Thread[] threads) => Array.ForEach(threads, thread => thread.Join());
}
