using System.Text.Json.Serialization;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>How the kept tokens of a video are read from a row: by a mask over its features, or from columns of their own.</summary>
[JsonDerivedType(typeof(MaskedFeatures), "mask")]
[JsonDerivedType(typeof(TokenColumns), "tokens")]
internal abstract record KeptColumns
{
    /// <summary>What is wrong with columns that come from a zip.</summary>
    public abstract OptionFaults Faults();

    /// <summary>The columns read, as <see cref="Bind"/> expects them.</summary>
    public abstract IEnumerable<DataViewSchema.DetachedColumn> Detach();

    /// <summary>The columns read, of the schema at hand.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or from another encoder.</exception>
    public abstract IReadOnlyList<DataViewSchema.Column> Bind(DataViewSchema inputSchema, EncoderIdentity encoder);

    /// <summary>A function that gives the kept tokens at the row's current position.</summary>
    public abstract Func<KeptTokens> Reader(DataViewRow row, EncoderIdentity encoder);
}
