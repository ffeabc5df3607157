using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Lets the frozen language model answer a question about the tokens that a mask keeps, or about kept or merged tokens.</summary>
internal sealed class AnswerVideoQuestionEstimator : IEstimator<AnswerVideoQuestionTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _tokensColumnName;
    private readonly string? _maskColumnName;
    private readonly string _questionColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly AnswerVideoQuestionOptions _options;

    /// <param name="outputColumnName">Name of the column of answers.</param>
    /// <param name="tokensColumnName">Name of the features column; without a mask that of the kept tokens.</param>
    /// <param name="maskColumnName">Name of the mask column; null for kept tokens.</param>
    /// <param name="questionColumnName">Name of the column of questions.</param>
    /// <param name="model">The frozen model.</param>
    /// <param name="options">How it answers.</param>
    public AnswerVideoQuestionEstimator(
        string outputColumnName,
        string tokensColumnName,
        string? maskColumnName,
        string questionColumnName,
        IVideoLanguageModel model,
        AnswerVideoQuestionOptions options)
    {
        _outputColumnName = outputColumnName;
        _tokensColumnName = tokensColumnName;
        _maskColumnName = maskColumnName;
        _questionColumnName = questionColumnName;
        _model = model;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, of another type, or from another encoder.</exception>
    public AnswerVideoQuestionTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        KeptColumns kept = _maskColumnName is { } mask
            ? new MaskedFeatures(FeatureColumns.Resolve(input.Schema, _tokensColumnName, _options.GridColumnName, _options.FeatureOrder), mask)
            : Tokens;
        var transformer = new AnswerVideoQuestionTransformer(new(kept, _questionColumnName, _outputColumnName, _options.Generation, _model.Info), _model);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        if (_maskColumnName is { } mask)
            MaskedFeatures.Check(inputSchema, _tokensColumnName, mask, _options.GridColumnName, _options.FeatureOrder);
        else
            Tokens.Check(inputSchema);
        InputColumns.Find(inputSchema, _questionColumnName, ColumnKind.Text);
        return OutputShape.Append(inputSchema, new DataViewSchema.DetachedColumn(_outputColumnName, TextDataViewType.Instance));
    }

    private TokenColumns Tokens => new(_tokensColumnName, KeptOutput.PositionsName(_tokensColumnName, _options.PositionsColumnName), _options.GridColumnName);
}

/// <summary>Options of <c>AnswerVideoQuestion</c>.</summary>
public sealed class AnswerVideoQuestionOptions
{
    /// <summary>
    /// Length and sampling of every answer; each row draws from the same seed, so an answer does not depend on the rows before it. Default:
    /// greedy decoding of at most 64 tokens.
    /// </summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>Name of the grid column, read where the features column does not itself give the grid. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// Name of the positions column where tokens are given in place of features and mask. Default null: the tokens column's name with
    /// "Positions" after it.
    /// </summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>
    /// The order of the values in a vector column of features: <see cref="FeatureOrder.ChannelsLast"/> is [T, H, W, D],
    /// <see cref="FeatureOrder.ChannelsFirst"/> is [T, D, H, W], as image models in ONNX give them. Default null: channels last, but a column
    /// whose dimensions look like channels first is refused until this says which. Feature files and what
    /// <c>EncodeVideo</c> gives are always channels last; with kept tokens in place of features it must stay null.
    /// </summary>
    public FeatureOrder? FeatureOrder { get; init; }

    /// <param name="parameterName">The parameter that they were given as.</param>
    /// <param name="overMask">Whether features are read under a mask, not kept tokens.</param>
    internal void ThrowIfFaulty(string parameterName, bool overMask) => new OptionFaults(nameof(AnswerVideoQuestionOptions))
        .Include(Generation?.Faults(), nameof(Generation))
        .RequireName(GridColumnName)
        .RequireNameOrNull(PositionsColumnName)
        .Require(FeatureOrder is not { } order || Enum.IsDefined(order), FeatureOrder, $"be null, {Score.FeatureOrder.ChannelsLast} or {Score.FeatureOrder.ChannelsFirst}")
        .Require(overMask || FeatureOrder is null, FeatureOrder, "be null over kept tokens, which are always [k, D]")
        .ThrowIfAny(parameterName);
}

/// <summary>Adds the frozen language model's answer over the kept tokens; made by <see cref="AnswerVideoQuestionEstimator"/>.</summary>
internal sealed class AnswerVideoQuestionTransformer : VideoTransformer
{
    internal const string Kind = "AnswerVideoQuestion";

    private readonly AnswerVideoQuestionSettings _settings;
    private readonly FrozenModel _model;

    public AnswerVideoQuestionTransformer(AnswerVideoQuestionSettings settings, IVideoLanguageModel model)
        : this(settings, new FrozenModel(model))
    {
    }

    public AnswerVideoQuestionTransformer(AnswerVideoQuestionSettings settings, ScoreLoadOptions options)
        : this(settings, new FrozenModel(settings.Model, options))
    {
    }

    private AnswerVideoQuestionTransformer(AnswerVideoQuestionSettings settings, FrozenModel model)
    {
        _settings = settings;
        _model = model;
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => [.. _settings.Kept.Detach(), new(_settings.Question, TextDataViewType.Instance)];

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    internal override void FindFrozenModel() => _model.Resolve();

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var encoder = EncoderIdentity.Of(_settings.Model) with { AnyProcessing = true };
        var question = InputColumns.Find(inputSchema, _settings.Question, ColumnKind.Text);
        return new RowMapping<string>(
            inputSchema,
            [.. _settings.Kept.Bind(inputSchema, encoder), question],
            [OutputColumn.Text<string>(_settings.Output, answer => answer)],
            row =>
            {
                var kept = _settings.Kept.Reader(row, encoder);
                var asked = TextColumn.Reader(row, question);
                return () =>
                {
                    var text = asked();
                    var tokens = kept();
                    var model = _model.Resolve();
                    return RowError.Naming(row, question.Name, () => model.Generate(tokens, text, _settings.Generation));
                };
            });
    }
}

/// <summary>What <see cref="AnswerVideoQuestionTransformer"/> is made of and saved as.</summary>
internal sealed record AnswerVideoQuestionSettings(KeptColumns Kept, string Question, string Output, GenerationOptions? Generation, VideoModelInfo Model) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(AnswerVideoQuestionTransformer.Kind)
        .Include(Kept.Faults(), nameof(Kept))
        .RequireName(Question)
        .RequireName(Output)
        .Include(Generation is null ? new OptionFaults("") : Generation.Faults(), nameof(Generation))
        .Include(FrozenModel.Faults(Model), nameof(Model));
}
