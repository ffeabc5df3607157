namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// JSON as Python's json module writes it, read as JSON: NaN, Infinity and -Infinity, which it gives for missing numbers, become null. Text
/// in quotes stays as it is. Reads forward only.
/// </summary>
/// <param name="inner">The file; stays the caller's.</param>
internal sealed class PythonJson(Stream inner) : Stream
{
    private const int LongestWord = 9;

    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly byte[] _word = new byte[LongestWord];
    private readonly Queue<byte> _ready = new();
    private int _position, _count, _wordLength;
    private bool _inText, _escaped, _passing;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The same of a text in memory.</summary>
    public static byte[] Normalize(ReadOnlyMemory<byte> text)
    {
        // What has none of these letters in a row has none of the words.
        if (text.Span.IndexOf("NaN"u8) < 0 && text.Span.IndexOf("Infinity"u8) < 0)
            return text.ToArray();
        using var json = new PythonJson(new MemoryStream(text.ToArray(), writable: false));
        using var normal = new MemoryStream();
        json.CopyTo(normal);
        return normal.ToArray();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length)
        {
            if (_ready.TryDequeue(out var ready))
                buffer[written++] = ready;
            else if (_position < _count || Fill(mayWait: written == 0))
                Take(_buffer[_position++]);
            else if (written > 0 || !EndWord())
                break;
        }

        return written;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool Fill(bool mayWait)
    {
        if (!mayWait)
            return false;
        (_position, _count) = (0, inner.Read(_buffer));
        return _count > 0;
    }

    private void Take(byte value)
    {
        if (_inText)
        {
            _ready.Enqueue(value);
            (_inText, _escaped) = (value != '"' || _escaped, value == '\\' && !_escaped);
            return;
        }

        if (char.IsAsciiLetter((char)value) || value == '-')
        {
            if (_passing || _wordLength == LongestWord)
            {
                Pass();
                _passing = true;
                _ready.Enqueue(value);
            }
            else
            {
                _word[_wordLength++] = value;
            }

            return;
        }

        EndWord();
        _ready.Enqueue(value);
        _inText = value == '"';
    }

    private bool EndWord()
    {
        var any = _wordLength > 0;
        if (_word.AsSpan(0, _wordLength) is var word && (word.SequenceEqual("NaN"u8) || word.SequenceEqual("Infinity"u8) || word.SequenceEqual("-Infinity"u8)))
        {
            foreach (var letter in "null"u8)
                _ready.Enqueue(letter);
            _wordLength = 0;
        }

        Pass();
        _passing = false;
        return any;
    }

    private void Pass()
    {
        foreach (var letter in _word.AsSpan(0, _wordLength))
            _ready.Enqueue(letter);
        _wordLength = 0;
    }
}
