using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Serving;

public sealed class Number
{
    public float Value { get; set; }
}

public sealed class Total
{
    public float Sum { get; set; }
}

/// <summary>Pipelines that add a number, saved for real or as a line of text that <see cref="LoadText"/> reads.</summary>
internal sealed class Adders
{
    public List<CountedPipeline> Loaded { get; } = [];

    public static void Save(string path, float addend)
    {
        var context = new MLContext();
        var data = context.Data.LoadFromEnumerable(new[] { new Number() });
        context.Model.Save(Fit(context, addend), data.Schema, path);
    }

    public static byte[] Bytes(float addend)
    {
        var path = Path.GetTempFileName();
        try
        {
            Save(path, addend);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public ITransformer LoadText(MLContext context, Stream stream, ScoreLoadOptions? options)
    {
        var text = new StreamReader(stream).ReadToEnd();
        if (!float.TryParse(text, CultureInfo.InvariantCulture, out var addend))
            throw new InvalidDataException($"'{text}' is no adder.");
        var pipeline = new CountedPipeline(Fit(context, addend), addend);
        lock (Loaded)
            Loaded.Add(pipeline);
        return pipeline;
    }

    private static ITransformer Fit(MLContext context, float addend) =>
        context.Transforms.Expression("Sum", string.Create(CultureInfo.InvariantCulture, $"x => x + {addend}f"), "Value")
            .Fit(context.Data.LoadFromEnumerable(new[] { new Number() }));
}

/// <summary>A pipeline that counts its disposals, as one with a native session would need them.</summary>
internal sealed class CountedPipeline(ITransformer inner, float addend) : ITransformer, IDisposable
{
    private int _disposals;

    public float Addend => addend;

    public int Disposals => Volatile.Read(ref _disposals);

    public bool IsRowToRowMapper => inner.IsRowToRowMapper;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => inner.GetRowToRowMapper(inputSchema);

    public IDataView Transform(IDataView input) => inner.Transform(input);

    public void Save(ModelSaveContext context) => throw new NotSupportedException();

    public void Dispose() => Interlocked.Increment(ref _disposals);
}

/// <summary>Keeps what is logged.</summary>
internal sealed class KeptLog : ILoggerFactory, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Message)> Entries { get; } = [];

    public IEnumerable<string> Warnings => Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}

/// <summary>A folder of its own, and providers with a pool that are disposed after the test.</summary>
internal abstract class PoolFixture
{
    private readonly List<ServiceProvider> _providers = [];

    protected string Folder { get; private set; } = "";

    protected string File1 => Path.Combine(Folder, "model.zip");

    protected KeptLog Log { get; private set; } = new();

    protected Adders Adders { get; private set; } = new();

    [SetUp]
    public void Begin()
    {
        Folder = Directory.CreateTempSubdirectory("serving-").FullName;
        (Log, Adders) = (new(), new());
    }

    [TearDown]
    public void End()
    {
        _providers.ForEach(provider => provider.Dispose());
        _providers.Clear();
        Directory.Delete(Folder, recursive: true);
    }

    protected static bool Within(Func<bool> condition, int seconds = 20) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(seconds));

    protected ServiceProvider Provider(Action<ScorePredictionEnginePoolOptions<Number, Total>> configure)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(Log).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddScorePredictionEnginePool(configure);
        services.AddHealthChecks().AddScorePredictionEnginePool<Number, Total>();
        _providers.Add(services.BuildServiceProvider());
        return _providers[^1];
    }

    protected ScorePredictionEnginePool<Number, Total> Pool(Action<ScorePredictionEnginePoolOptions<Number, Total>> configure) =>
        Provider(configure).GetRequiredService<ScorePredictionEnginePool<Number, Total>>();

    /// <summary>A pool over <see cref="File1"/> as text, whose pipelines are in <see cref="Serving.Adders.Loaded"/>.</summary>
    protected ScorePredictionEnginePool<Number, Total> TextPool() => Pool(options =>
    {
        options.Load = Adders.LoadText;
        options.FromFile(File1);
    });
}
