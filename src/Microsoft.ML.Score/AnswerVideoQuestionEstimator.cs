using Microsoft.ML.Data;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Rows;

namespace Microsoft.ML.Score;

/// <summary>Lets the frozen language model answer a question about the tokens that a mask keeps.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions [\*, H, W, D] or in a column of 4 values), or text: the path of a feature file. Mask: Vector of <xref:System.Boolean> of T\*H\*W values. Question: text |
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
    private readonly string _featuresColumnName;
    private readonly string _maskColumnName;
    private readonly string _questionColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly AnswerVideoQuestionOptions _options;

    internal AnswerVideoQuestionEstimator(
        string outputColumnName,
        string featuresColumnName,
        string maskColumnName,
        string questionColumnName,
        IVideoLanguageModel model,
        AnswerVideoQuestionOptions options)
    {
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
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

        var features = FeatureColumns.Resolve(input.Schema, _featuresColumnName, _options.GridColumnName);
        var transformer = new AnswerVideoQuestionTransformer(new(features, _maskColumnName, _questionColumnName, _outputColumnName, _options.Generation, _model.Info), _model);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        FeatureColumns.Check(inputSchema, _featuresColumnName, _options.GridColumnName);
        InputColumns.Find(inputSchema, _maskColumnName, ColumnKind.Booleans);
        InputColumns.Find(inputSchema, _questionColumnName, ColumnKind.Text);
        return OutputShape.Append(inputSchema, new DataViewSchema.DetachedColumn(_outputColumnName, TextDataViewType.Instance));
    }
}
