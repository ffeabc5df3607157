using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Adds the frozen language model's answer over the kept tokens; made by <see cref="AnswerVideoQuestionEstimator"/>.</summary>
public sealed class AnswerVideoQuestionTransformer : VideoTransformer
{
    internal const string Kind = "AnswerVideoQuestion";

    private readonly AnswerVideoQuestionSettings _settings;
    private readonly FrozenModel _model;

    internal AnswerVideoQuestionTransformer(AnswerVideoQuestionSettings settings, IVideoLanguageModel model)
        : this(settings, new FrozenModel(model))
    {
    }

    internal AnswerVideoQuestionTransformer(AnswerVideoQuestionSettings settings, ScoreLoadOptions options)
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
        var encoder = new EncoderIdentity($"The model '{_settings.Model.Source}'", _settings.Model.Dimension, _settings.Model.Fingerprint);
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
                    return _model.Resolve().Generate(kept(), text, _settings.Generation);
                };
            });
    }
}

/// <summary>What <see cref="AnswerVideoQuestionTransformer"/> is made of and saved as.</summary>
internal sealed record AnswerVideoQuestionSettings(KeptColumns Kept, string Question, string Output, GenerationOptions? Generation, VideoModelInfo Model);
