namespace Microsoft.ML.Runtime;

/// <summary>What a component needs of its surroundings: logging, randomness, and where extensions are registered.</summary>
public interface IHostEnvironment : IChannelProvider, IProgressChannelProvider
{
    ComponentCatalog ComponentCatalog { get; }

    IHost Register(string name, int? seed = null, bool? verbose = null);
}

/// <summary>A named environment with its own random source, reproducible under the context's seed.</summary>
public interface IHost : IHostEnvironment
{
    Random Rand { get; }
}
