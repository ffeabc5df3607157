using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.ML.Score.Serving;

/// <summary>What a pool does when the file of a model changes.</summary>
[TestFixture]
internal sealed class ReloadTests : PoolFixture
{
    public static IEnumerable<TestCaseData> Writers()
    {
        yield return Writer("Move", (path, bytes) =>
        {
            File.WriteAllBytes(path + ".new", bytes);
            File.Move(path + ".new", path, overwrite: true);
        });
        yield return Writer("Copy", (path, bytes) =>
        {
            File.WriteAllBytes(path + ".new", bytes);
            File.Copy(path + ".new", path, overwrite: true);
        });
        yield return Writer("InPlace", File.WriteAllBytes);
        yield return Writer("SlowWriter", (path, bytes) =>
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            foreach (var piece in bytes.Chunk(bytes.Length / 10 + 1))
            {
                file.Write(piece);
                file.Flush();
                Thread.Sleep(100); // this slowness is what is tested
            }
        });
        yield return Writer("DeleteAndCreate", (path, bytes) =>
        {
            File.Delete(path);
            File.WriteAllBytes(path, bytes);
        });
        yield return Writer("SameLengthAndTime", (path, bytes) =>
        {
            var written = File.GetLastWriteTimeUtc(path);
            File.WriteAllBytes(path + ".new", bytes);
            File.SetLastWriteTimeUtc(path + ".new", written);
            File.Move(path + ".new", path, overwrite: true);
        });

        static TestCaseData Writer(string name, Action<string, byte[]> write) => new TestCaseData(write).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Writers))]
    public void Predict_FileReplaced_UsesTheNewPipeline(Action<string, byte[]> write)
    {
        Adders.Save(File1, 1);
        var pool = Pool(options => options.FromFile(File1));
        Assert.That(pool.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));

        write(File1, Adders.Bytes(7));

        Assert.That(Within(() => pool.Predict(new Number { Value = 1 }).Sum == 8));
        Assert.That(Log.Warnings, Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "links need a privilege there")]
    public void Predict_FolderOfTheFileExchangedBehindALink_UsesTheNewPipeline()
    {
        foreach (var addend in new[] { 1, 7 })
        {
            Directory.CreateDirectory(Path.Combine(Folder, $"v{addend}"));
            Adders.Save(Path.Combine(Folder, $"v{addend}", "model.zip"), addend);
        }
        var current = Path.Combine(Folder, "current");
        Directory.CreateSymbolicLink(current, Path.Combine(Folder, "v1"));
        File.CreateSymbolicLink(File1, Path.Combine(current, "model.zip"));
        var pool = Pool(options => options.FromFile(File1));
        Assert.That(pool.Predict(new Number()).Sum, Is.EqualTo(1));

        Directory.Delete(current);
        Directory.CreateSymbolicLink(current, Path.Combine(Folder, "v7"));

        Assert.That(Within(() => pool.Predict(new Number()).Sum == 7), "no notification tells of this: it is seen by looking");
    }

    [Test]
    public void Predict_RelativePath_IsWatchedToo()
    {
        Adders.Save(File1, 1);
        var pool = Pool(options => options.FromFile(Path.GetRelativePath(Environment.CurrentDirectory, File1)));
        Assert.That(pool.Predict(new Number()).Sum, Is.EqualTo(1));

        Adders.Save(File1, 7);

        Assert.That(Within(() => pool.Predict(new Number()).Sum == 7));
    }

    [Test]
    public void Predict_DamagedFile_KeepsTheFormerWithOneWarningUntilAGoodOneComes()
    {
        Adders.Save(File1, 1);
        var pool = Pool(options => options.FromFile(File1));
        pool.Predict(new Number());

        File.WriteAllText(File1, "not a pipeline");

        Assert.That(Within(() => Log.Warnings.Any()));
        Assert.That(Log.Warnings.Single(), Does.Contain(File1).And.Contain("the default model").And.Contain("former"));
        Assert.That(pool.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
        Adders.Save(File1, 7);
        Assert.That(Within(() => pool.Predict(new Number { Value = 1 }).Sum == 8));
        Assert.That(Log.Warnings.Count(), Is.EqualTo(1));
    }

    [Test]
    public void Predict_ChangedFileWithoutThePredictionsColumn_KeepsTheFormer()
    {
        Adders.Save(File1, 1);
        var pool = Pool(options => options.FromFile(File1));
        pool.Predict(new Number());

        var context = new MLContext();
        var data = context.Data.LoadFromEnumerable(new[] { new Number() });
        context.Model.Save(context.Transforms.CopyColumns("Other", "Value").Fit(data), data.Schema, File1);

        Assert.That(Within(() => Log.Warnings.Any()));
        Assert.That(pool.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
    }

    [Test]
    public void Predict_NotWatched_KeepsTheFirst()
    {
        File.WriteAllText(File1, "1");
        using var watched = new ServiceCollection().AddScorePredictionEnginePool<Number, Total>(Configure(watch: true)).BuildServiceProvider();
        var still = Pool(Configure(watch: false));
        var pool = watched.GetRequiredService<ScorePredictionEnginePool<Number, Total>>();
        Assert.That(still.Predict(new Number()).Sum + pool.Predict(new Number()).Sum, Is.EqualTo(2));

        File.WriteAllText(File1, "7");

        Assert.That(Within(() => pool.Predict(new Number()).Sum == 7));
        Assert.That(still.Predict(new Number()).Sum, Is.EqualTo(1));

        Action<ScorePredictionEnginePoolOptions<Number, Total>> Configure(bool watch) => options =>
        {
            options.Load = Adders.LoadText;
            options.WatchForChanges = watch;
            options.FromFile(File1);
        };
    }

    [Test]
    public void Predict_LeaseOfTheFormer_OutlivesTheReloadAndThenDisposesIt()
    {
        File.WriteAllText(File1, "1");
        var pool = TextPool();
        var former = pool.Rent();

        File.WriteAllText(File1, "7");
        Assert.That(Within(() => pool.Predict(new Number()).Sum == 7));

        Assert.That(former.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
        Assert.That(Adders.Loaded.Select(pipeline => pipeline.Disposals), Is.EqualTo(new[] { 0, 0 }));
        former.Dispose();
        Assert.That(Adders.Loaded.Select(pipeline => pipeline.Disposals), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(Enumerable.Range(0, 100).Select(_ => pool.Predict(new Number()).Sum), Is.All.EqualTo(7), "the former's engine does not come back");
    }

    [Test]
    public void Predict_DuringManyReloads_IsAllOldOrNewAndLeavesOnePipeline()
    {
        const int reloads = 10;
        File.WriteAllText(File1, "0");
        var pool = TextPool();
        var (newest, wrong, made, ended) = (0, 0, 0, false);
        var threads = Enumerable.Range(0, 4).Select(thread => new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                using var lease = pool.Rent();
                var first = lease.Predict(new Number()).Sum;
                // One lease stays with one pipeline, and that is one of those written so far.
                if (lease.Predict(new Number { Value = 1 }).Sum != first + 1 || first < 0 || first > Volatile.Read(ref newest) || first != MathF.Floor(first))
                    Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref made);
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());

        var arrived = 0;
        for (var i = 1; i <= reloads; i++)
        {
            Volatile.Write(ref newest, i);
            if (i % 2 == 0)
            {
                File.WriteAllText(File1, $"{i}");
            }
            else
            {
                File.WriteAllText(File1 + ".new", $"{i}");
                File.Move(File1 + ".new", File1, overwrite: true);
            }
            if (Within(() => pool.Predict(new Number()).Sum == i))
                arrived++;
        }
        Volatile.Write(ref ended, true);
        Array.ForEach(threads, thread => thread.Join());

        Assert.That(arrived, Is.EqualTo(reloads));
        Assert.That(wrong, Is.Zero);
        Assert.That(made, Is.GreaterThan(1000));
        Assert.That(Adders.Loaded.Count(pipeline => pipeline.Disposals == 0), Is.EqualTo(1));
        Assert.That(Adders.Loaded.Select(pipeline => pipeline.Disposals), Is.All.LessThanOrEqualTo(1));
        pool.Dispose();
        Assert.That(Adders.Loaded.Select(pipeline => pipeline.Disposals), Is.All.EqualTo(1));
    }
}
