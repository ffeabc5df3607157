using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score;

/// <summary>Runs the frozen vision encoder over videos, lazily: a video is decoded and encoded when its row is read.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Text: the path of a video file or still image; or Vector of <xref:System.Byte> with dimensions [\*, height, width, 3]: RGB frames; or [height, width, 3]: one frame |
/// | Output column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values; grid: Vector of <xref:System.Single> of 4 = (T, H, W, seconds per step). With a cache folder instead one text column: the path of the feature file |
/// | Exportable to ONNX | No |
/// ]]></format>
///
/// <c>ExtractPixels(interleavePixelColors: true, outputAsFloatArray: false)</c> gives one frame in RGB order as its other defaults are; a
/// <c>colorsToExtract</c> or <c>orderOfExtraction</c> that puts blue first cannot be told from it and would be encoded with colours exchanged.
///
/// The model stays the caller's: dispose it after the last prediction of the fitted transformer. A saved transformer names the
/// model and does not hold its weights. The features column carries the model's fingerprint as the annotation "EncoderFingerprint".
/// </remarks>
public sealed class EncodeVideoEstimator : IEstimator<EncodeVideoTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _inputColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly EncodeVideoOptions _options;

    internal EncodeVideoEstimator(string outputColumnName, string inputColumnName, IVideoLanguageModel model, EncodeVideoOptions options)
    {
        _outputColumnName = outputColumnName;
        _inputColumnName = inputColumnName;
        _model = model;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public EncodeVideoTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var source = ClipColumn.Resolve(input.Schema, _inputColumnName, _options.FramesPerSecond);
        return new EncodeVideoTransformer(new(source, _outputColumnName, _options.GridColumnName, _options.CacheFolder, _options.CacheType, _model.Info), _options.ReadOptions, _model);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        InputColumns.Find(inputSchema, _inputColumnName, ColumnKind.Text, ColumnKind.Bytes);
        if (_options.CacheFolder is not null)
            return OutputShape.Append(inputSchema, new DataViewSchema.DetachedColumn(_outputColumnName, TextDataViewType.Instance));
        return OutputShape.Append(
            inputSchema,
            new(_outputColumnName, new VectorDataViewType(NumberDataViewType.Single), FeatureColumns.FingerprintAnnotation(_model.Info.Fingerprint)),
            new(_options.GridColumnName, GridColumn.Type));
    }
}
