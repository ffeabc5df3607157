using Microsoft.ML;

namespace Microsoft.Extensions.ML;

/// <summary>The context that pools load and run their models in.</summary>
public class MLOptions
{
    public MLContext MLContext { get; set; } = new();
}
