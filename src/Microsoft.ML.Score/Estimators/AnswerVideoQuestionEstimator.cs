using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score;

/// <summary>Lets the frozen language model answer a question about the tokens that a mask keeps, or about kept or merged tokens.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a column of 4 values), or text: the path of a feature file. Mask: Vector of <xref:System.Boolean> of T\*H\*W values. Or in their place tokens: Vector of <xref:System.Single> of k\*D values; their positions: Vector of <xref:System.Int32> of k values; grid: Vector of <xref:System.Single> of 4 values. Question: text |
/// | Output column data type | Text |
/// | Exportable to ONNX | No |
/// ]]></format>
///
/// The model stays the caller's: dispose it after the last prediction of the fitted transformer. A saved transformer names the
/// model and does not hold its weights.
/// </remarks>
public sealed class AnswerVideoQuestionEstimator : IEstimator<AnswerVideoQuestionTransformer>
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
    internal AnswerVideoQuestionEstimator(
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
