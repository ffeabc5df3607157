using Microsoft.Extensions.Primitives;
using Microsoft.ML;

namespace Microsoft.Extensions.ML;

/// <summary>Where a pool's model comes from, and the news that there is another one.</summary>
public abstract class ModelLoader
{
    public abstract IChangeToken GetReloadToken();

    public abstract ITransformer GetModel();
}
