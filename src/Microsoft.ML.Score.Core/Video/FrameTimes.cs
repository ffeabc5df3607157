namespace Microsoft.ML.Score.Video;

/// <summary>How long the frames of a stream are shown, from their own times: one pass, without keeping them.</summary>
internal sealed class FrameTimes
{
    // What FFmpeg itself takes for a break where a format's times may jump.
    private const double LeastJump = 10;

    private double? _latest;
    private double? _gap;
    private double? _leastGap;
    private double? _duration;
    private double _length;
    private double _jumps;

    // Times behind the latest: streams put together, of which one starts over, or frames out of order. What follows tells which.
    private double? _behind;
    private double _lengthBehind;

    // What a frame takes whose own times do not tell: the gap before may be one that lost frames have left.
    private double Step => _duration ?? _leastGap ?? 0;

    /// <param name="timestamp">When the next frame is shown, in seconds; null when the file does not say.</param>
    /// <param name="duration">How long, in seconds; null or 0 when the file does not say.</param>
    public void Add(double? timestamp, double? duration)
    {
        if (timestamp is not { } time)
            (_length, _latest) = (_length + Step, _latest + Step);
        else if (_latest is not { } latest)
            _latest = time;
        else if (time <= latest)
        {
            _lengthBehind += time > _behind ? time - _behind.Value : Step;
            _behind = time;
        }
        else
        {
            var startedOver = _behind is { } behind && latest - behind <= 1.5 * Step;
            var gap = startedOver ? time - _behind!.Value : time - latest;
            if (gap > LeastJump)
                _jumps += gap - Step;
            (_gap, _leastGap) = (gap, Math.Min(gap, _leastGap ?? gap));
            _length += startedOver ? _lengthBehind + _gap.Value : _gap.Value;
            (_latest, _behind, _lengthBehind) = (time, null, 0);
        }

        _duration = duration > 0 ? duration : null;
    }

    /// <summary>The average rate in frames a second; null when the times do not tell.</summary>
    /// <param name="frames">How many frames there are.</param>
    /// <param name="mayJump">Whether times of the format jump where streams were put together, so that a long gap is none.</param>
    /// <param name="containerEnd">When all streams of the file have ended, in seconds; null when unknown.</param>
    /// <param name="declared">Rates of the header, which are exact where times are rounded: the first that agrees with the times is given.</param>
    public double? Rate(long frames, bool mayJump, double? containerEnd, ReadOnlySpan<double?> declared)
    {
        if (_gap is not { } gap)
            return null;

        // The last frame stays as long as the one before it, but not beyond the end. Its own duration is often made up of the nominal rate.
        var left = containerEnd - _latest;
        var last = left > 0 ? Math.Min(left.Value, gap) : _duration ?? gap;
        var seconds = _length + _lengthBehind + (mayJump && last > LeastJump ? Step : last) - (mayJump ? _jumps : 0);
        foreach (var rate in declared)
            if (rate is { } value && Math.Abs(frames / value - seconds) <= 0.5 / value)
                return value;
        return frames / seconds;
    }
}
