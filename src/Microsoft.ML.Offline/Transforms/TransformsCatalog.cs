using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Where extension methods that make estimators hang.</summary>
public sealed class TransformsCatalog
{
    internal TransformsCatalog(IHostEnvironment environment) => Environment = environment;

    internal IHostEnvironment Environment { get; }
}
