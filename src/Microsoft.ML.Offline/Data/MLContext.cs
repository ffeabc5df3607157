using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>
/// The entry point: catalogs of operations over one seed and one log. Catalog methods are thread-safe; the order in which
/// components are made under a seed is part of what makes a run reproducible.
/// </summary>
public sealed class MLContext : IHostEnvironment
{
    private readonly HostEnvironment _environment;

    public MLContext(int? seed = null)
    {
        _environment = new HostEnvironment(seed, message => Log?.Invoke(this, message));
        Transforms = new TransformsCatalog(this);
        Model = new ModelOperationsCatalog(this);
        Data = new DataOperationsCatalog(this);
    }

    public event EventHandler<LoggingEventArgs> Log;

    public TransformsCatalog Transforms { get; }

    public ModelOperationsCatalog Model { get; }

    public DataOperationsCatalog Data { get; }

    public ComponentCatalog ComponentCatalog => _environment.ComponentCatalog;

    public string TempFilePath { get; set; } = Path.GetTempPath();

    public bool FallbackToCpu { get; set; } = true;

    public int? GpuDeviceId { get; set; }

    string IExceptionContext.ContextDescription => nameof(MLContext);

    IHost IHostEnvironment.Register(string name, int? seed, bool? verbose) => _environment.Register(name, seed, verbose);

    IChannel IChannelProvider.Start(string name) => _environment.Start(name);

    IPipe<TMessage> IChannelProvider.StartPipe<TMessage>(string name) => _environment.StartPipe<TMessage>(name);

    IProgressChannel IProgressChannelProvider.StartProgressChannel(string name) => _environment.StartProgressChannel(name);

    TException IExceptionContext.Process<TException>(TException ex) => ex;
}
