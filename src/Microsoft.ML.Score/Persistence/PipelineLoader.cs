using Microsoft.Extensions.ML;
using Microsoft.Extensions.Primitives;

namespace Microsoft.ML.Score.Persistence;

/// <summary>Gives a pool its pipeline with the real transformers; the file is read once and not watched.</summary>
internal sealed class PipelineLoader(MLContext context, string filePath, ScoreLoadOptions? options) : ModelLoader
{
    private readonly Lazy<ITransformer> _model = new(() => context.Model.LoadScore(filePath, out _, options));

    public override ITransformer GetModel() => _model.Value;

    public override IChangeToken GetReloadToken() => new CancellationChangeToken(CancellationToken.None);
}
