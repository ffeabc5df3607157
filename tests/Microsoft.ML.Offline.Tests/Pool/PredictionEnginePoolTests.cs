using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ML;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

public class PredictionEnginePoolTests
{
    private string _folder;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pool").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Predict_FourThreads_GivesEveryCallerItsOwnAnswer()
    {
        var pool = PoolFrom(SaveAdder("model.zip", 1), watch: false);

        var wrong = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            for (var i = 0; i < 1000; i++)
            {
                if (pool.Predict(new Number { Value = thread * 1000 + i }).Sum != thread * 1000 + i + 1)
                    Interlocked.Increment(ref wrong);
            }
        });

        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Predict_WatchedFileReplaced_UsesTheNewModel()
    {
        var path = SaveAdder("model.zip", 1);
        var pool = PoolFrom(path, watch: true);
        var before = pool.GetPredictionEngine();
        Assert.That(before.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
        var former = pool.GetModel();

        SaveAdder("model.zip", 100);
        SpinWait.SpinUntil(() => pool.GetModel() != former && pool.Predict(new Number { Value = 1 }).Sum == 101, TimeSpan.FromSeconds(10));

        pool.ReturnPredictionEngine(before);
        Assert.That(pool.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(101), "an engine of the former model must not come back");
    }

    [Test]
    public void Predict_WatchedFileDamaged_KeepsTheFormerModel()
    {
        var path = SaveAdder("model.zip", 1);
        var warned = new ManualResetEventSlim();
        var context = new MLContext();
        context.Log += (_, message) =>
        {
            if (message.Message.Contains("could not be loaded"))
                warned.Set();
        };
        var pool = PoolFrom(path, watch: true, context);
        pool.Predict(new Number());

        File.WriteAllText(path, "not a model");

        Assert.That(warned.Wait(TimeSpan.FromSeconds(10)), Is.True);
        Assert.That(pool.Predict(new Number { Value = 1 }).Sum, Is.EqualTo(2));
    }

    [Test]
    public void Predict_NamedModels_AreKeptApart()
    {
        var services = new ServiceCollection();
        services.AddPredictionEnginePool<Number, Total>()
            .FromFile("one", SaveAdder("one.zip", 1), watchForChanges: false)
            .FromFile("hundred", SaveAdder("hundred.zip", 100), watchForChanges: false);
        var pool = services.BuildServiceProvider().GetRequiredService<PredictionEnginePool<Number, Total>>();

        Assert.That(pool.Predict("one", new Number()).Sum, Is.EqualTo(1));
        Assert.That(pool.Predict("hundred", new Number()).Sum, Is.EqualTo(100));
        Assert.That(() => pool.Predict(new Number()), Throws.ArgumentException.With.Message.Contains("configure a default"));
        Assert.That(() => pool.Predict("other", new Number()), Throws.ArgumentException.With.Message.Contains("'other'"));
    }

    [Test]
    public void Predict_MissingFile_ThrowsFileNotFound() =>
        Assert.That(() => PoolFrom(Path.Combine(_folder, "none.zip"), watch: false).Predict(new Number()), Throws.InstanceOf<FileNotFoundException>());

    private static PredictionEnginePool<Number, Total> PoolFrom(string path, bool watch, MLContext context = null)
    {
        var services = new ServiceCollection();
        services.AddPredictionEnginePool<Number, Total>().FromFile(path, watch);
        if (context is not null)
            services.Configure<MLOptions>(options => options.MLContext = context);
        return services.BuildServiceProvider().GetRequiredService<PredictionEnginePool<Number, Total>>();
    }

    private string SaveAdder(string name, int addend)
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(new[] { new Number() });
        var model = ml.Transforms.CopyColumns("Number", "Value")
            .Append(ml.Transforms.Expression("Addend", $"x => \"{addend}\"", "Number"))
            .Append(ml.Transforms.CustomMapping(new AddFactory().GetMapping(), AddFactory.Contract))
            .Fit(data);
        var path = Path.Combine(_folder, name);
        ml.Model.Save(model, data.Schema, path);
        return path;
    }

    public class Number
    {
        public int Value { get; set; }
    }

    public class Terms
    {
        public int Number { get; set; }

        public string Addend { get; set; } = "";
    }

    public class Total
    {
        public int Sum { get; set; }
    }

    [CustomMappingFactoryAttribute(Contract)]
    public sealed class AddFactory : CustomMappingFactory<Terms, Total>
    {
        public const string Contract = "PredictionEnginePoolTests.Add.v1";

        public override Action<Terms, Total> GetMapping() => (terms, total) => total.Sum = terms.Number + int.Parse(terms.Addend);
    }
}
