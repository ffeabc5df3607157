using Microsoft.ML.Data;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>Reads the tokens of the video at a row's current position and checks them.</summary>
internal sealed class FeatureReader
{
    private readonly FeatureColumns _columns;
    private readonly EncoderIdentity _encoder;
    private readonly DataViewRow _row;
    private readonly bool _keep;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _path;
    private readonly ValueGetter<VBuffer<float>>? _features;
    private readonly Func<TokenGrid>? _grid;
    private readonly string? _fingerprint;
    private readonly FeatureShape _shape;
    private VBuffer<float> _buffer;
    private string? _file;
    private float[] _values = [];
    private float[] _channelsLast = [];

    /// <param name="columns">Where the tokens are.</param>
    /// <param name="row">A row or cursor whose bound columns are active.</param>
    /// <param name="encoder">The encoder whose tokens are wanted.</param>
    /// <param name="keep">True where tokens outlive the row, as in training; false reads every row into the same memory.</param>
    public FeatureReader(FeatureColumns columns, DataViewRow row, EncoderIdentity encoder, bool keep = false)
    {
        _columns = columns;
        _row = row;
        _encoder = encoder;
        _keep = keep;
        var bound = columns.Bind(row.Schema, encoder);
        if (columns.ByPath)
        {
            _path = row.GetGetter<ReadOnlyMemory<char>>(bound[0]);
            return;
        }

        _features = row.GetGetter<VBuffer<float>>(bound[0]);
        _grid = columns.Grid is null ? null : GridColumn.Reader(row, bound[1]);
        _fingerprint = FeatureColumns.ReadFingerprint(bound[0]);
        _shape = columns.Shape.Or(FeatureShape.Of(bound[0].Type, columns.Order));
    }

    /// <summary>All tokens of the video.</summary>
    /// <exception cref="FileNotFoundException">There is no such feature file; the message names row and column.</exception>
    /// <exception cref="InvalidDataException">The row's content is unusable; the message names row and column.</exception>
    public VideoTokens Read()
    {
        if (_path is null)
            return ReadVector();
        using var file = OpenFile(_path);
        return RowError.Naming(_row, _columns.Features, file.ToVideoTokens);
    }

    /// <summary>The grid of the video's tokens where it is known without them: from a file's header, a grid column or the column's type.</summary>
    /// <exception cref="FileNotFoundException">There is no such feature file; the message names row and column.</exception>
    /// <exception cref="InvalidDataException">The row's content is unusable; the message names row and column.</exception>
    public TokenGrid? FindGrid()
    {
        if (_path is not null)
        {
            using var file = OpenFile(_path);
            return file.Grid;
        }

        return _grid?.Invoke() ?? (_shape is { TimeSteps: > 0, GivesGrid: true } ? new TokenGrid(_shape.TimeSteps, _shape.Height, _shape.Width) : null);
    }

    /// <summary>The policy's logits [T*N]; those of a feature file without a copy of its features.</summary>
    /// <exception cref="FileNotFoundException">There is no such feature file; the message names row and column.</exception>
    /// <exception cref="InvalidDataException">The row's content is unusable; the message names row and column.</exception>
    public float[] Logits(PolicyNetwork policy)
    {
        if (_path is null)
            return policy.Logits(ReadVector());
        using var file = OpenFile(_path);
        return RowError.Naming(_row, _columns.Features, () => policy.Logits(file));
    }

    /// <summary>The tokens that a mask keeps; of a feature file no others are read.</summary>
    /// <param name="positions">Gives the positions on the video's grid.</param>
    /// <exception cref="FileNotFoundException">There is no such feature file; the message names row and column.</exception>
    /// <exception cref="InvalidDataException">The row's content is unusable; the message names row and column.</exception>
    public KeptTokens Gather(Func<TokenGrid, int[]> positions)
    {
        if (_path is null)
        {
            var tokens = ReadVector();
            return KeptTokens.Gather(tokens, positions(tokens.Grid));
        }

        using var file = OpenFile(_path);
        var kept = positions(file.Grid);
        return RowError.Naming(_row, _columns.Features, () => file.Gather(kept));
    }

    private MappedTokens OpenFile(ValueGetter<ReadOnlyMemory<char>> getter)
    {
        ReadOnlyMemory<char> path = default;
        getter(ref path);
        if (path.Span.IsWhiteSpace())
            throw RowError.At(_row, _columns.Features, "the path of a feature file is empty.");
        _file = path.ToString();
        var file = RowError.Naming(_row, _columns.Features, () => FeatureFile.Open(_file));
        if (_encoder.Refuses(file.Dimension, file.EncoderFingerprint) is not { } reason)
            return file;
        file.Dispose();
        throw Error(reason);
    }

    private VideoTokens ReadVector()
    {
        _features!(ref _buffer);
        if (_keep || !_buffer.IsDense || _buffer.GetValues() != _values)
        {
            _values = new float[_buffer.Length];
            _buffer.CopyTo(_values);
            if (!_keep)
                _buffer = new VBuffer<float>(_values.Length, _values); // the next row of this size is written straight into our array
        }

        var grid = _grid is null ? GridFromLength() : _grid();
        if (_values.Length == 0 || _values.Length % grid.Count != 0)
            throw Error($"{_values.Length} values do not divide into a grid of {grid} = {grid.Count} tokens.");
        var dimension = _values.Length / grid.Count;
        if (!_shape.Fits(new FeatureShape(grid.TimeSteps, grid.Height, grid.Width, dimension)))
            throw Error($"{_values.Length} values over a grid of {grid} tokens do not fit the column's type {_shape.ToType(_columns.Order)}.");
        RowError.ThrowIfNotFinite(_row, _columns.Features, _values, "features");
        if ((_columns.RefusesDimension(_encoder, dimension) ?? _encoder.Refuses(null, _fingerprint)) is { } reason)
            throw Error(reason);
        return new VideoTokens(grid, dimension, _columns.ChannelsFirst ? ToChannelsLast(grid, dimension) : _values, _fingerprint);
    }

    /// <summary>The values [T, D, H*W] as [T, H*W, D].</summary>
    private float[] ToChannelsLast(TokenGrid grid, int dimension)
    {
        if (_keep || _channelsLast.Length != _values.Length)
            _channelsLast = new float[_values.Length];
        var source = 0;
        for (var t = 0; t < grid.TimeSteps; t++)
            for (var d = 0; d < dimension; d++)
                for (var n = 0; n < grid.TokensPerStep; n++)
                    _channelsLast[(t * grid.TokensPerStep + n) * dimension + d] = _values[source++];
        return _channelsLast;
    }

    private TokenGrid GridFromLength()
    {
        var step = (long)_shape.Height * _shape.Width * _shape.Dimension;
        if (_values.Length == 0)
            throw Error("the video has no time step (T = 0).");
        if (_values.Length % step != 0)
            throw Error($"{_values.Length} values do not divide into time steps of {_shape.Height}x{_shape.Width}x{_shape.Dimension} = {step} values.");
        return new TokenGrid((int)(_values.Length / step), _shape.Height, _shape.Width);
    }

    /// <summary>What is wrong with the row's features, in words that name its row, column and file.</summary>
    public InvalidDataException Error(string message, Exception? inner = null) =>
        RowError.At(_row, _columns.Features, _file is null ? message : $"'{_file}': {message}", inner);
}
