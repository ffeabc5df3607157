using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// What the library tells those who watch it: metrics of the meter and activities of the source of this name, docs/observability.md. With OpenTelemetry:
/// <c>AddMeter(ScoreTelemetry.Name)</c> and <c>AddSource(ScoreTelemetry.Name)</c>. Where nobody listens it costs nothing.
/// </summary>
public static class ScoreTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "Microsoft.ML.Score";

    internal const string ModelTag = "score.model";

    internal static Meter Meter { get; } = new(Name);

    internal static ActivitySource Activities { get; } = new(Name);

    /// <summary>A histogram of seconds, with bounds from a millisecond to an hour: the usual ones are of web requests.</summary>
    internal static Histogram<double> Seconds(string name, string description) => Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double>
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
    });

    /// <summary>Begins an activity of a piece of work, which has failed unless it is said to be done.</summary>
    internal static Work Start(string name) => new(Activities.StartActivity(name));

    /// <summary>A piece of work under way.</summary>
    /// <param name="activity">Null where nobody listens.</param>
    internal readonly struct Work(Activity? activity) : IDisposable
    {
        /// <summary>Where tags go; null where nobody listens.</summary>
        public Activity? Activity => activity;

        /// <summary>Says that the work is done.</summary>
        public void Done() => activity?.SetStatus(ActivityStatusCode.Ok);

        public void Dispose()
        {
            if (activity is { Status: ActivityStatusCode.Unset })
                activity.SetStatus(ActivityStatusCode.Error);
            activity?.Dispose();
        }
    }
}

/// <summary>An operation on the tokens of one video: an activity <c>score.NAME</c>, and of those that end well <c>score.NAME.duration</c> and <c>score.NAME.tokens</c>.</summary>
internal sealed class MeasuredOperation
{
    private const string TokensTag = "score.tokens";

    private readonly string _activity;
    private readonly string _subjectTag;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _tokens;

    /// <param name="name">The operation.</param>
    /// <param name="subjectTag">The tag of what does it.</param>
    /// <param name="duration">What is measured, in words.</param>
    /// <param name="tokens">What is counted, in words.</param>
    public MeasuredOperation(string name, string subjectTag, string duration, string tokens)
    {
        _activity = $"score.{name}";
        _subjectTag = subjectTag;
        _duration = ScoreTelemetry.Seconds($"score.{name}.duration", duration);
        _tokens = ScoreTelemetry.Meter.CreateCounter<long>($"score.{name}.tokens", "{token}", tokens);
    }

    public static MeasuredOperation Encode { get; } = new("encode", ScoreTelemetry.ModelTag, "Time to encode a video.", "Visual tokens of encoded videos.");

    public static MeasuredOperation Generate { get; } = new("generate", ScoreTelemetry.ModelTag, "Time to answer a question.", "Tokens of answers.");

    /// <param name="subject">What does it.</param>
    public Call Start(string subject)
    {
        var work = ScoreTelemetry.Start(_activity);
        work.Activity?.SetTag(_subjectTag, subject);
        return new(this, subject, work, _duration.Enabled ? Stopwatch.GetTimestamp() : 0);
    }

    /// <summary>One call under way.</summary>
    public readonly struct Call(MeasuredOperation operation, string subject, ScoreTelemetry.Work work, long start) : IDisposable
    {
        /// <summary>Says that it ended well.</summary>
        /// <param name="tokens">Tokens that came of it.</param>
        public void Done(int tokens)
        {
            if (start != 0)
                operation._duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>(operation._subjectTag, subject));
            operation._tokens.Add(tokens, new KeyValuePair<string, object?>(operation._subjectTag, subject));
            work.Activity?.SetTag(TokensTag, tokens);
            work.Done();
        }

        public void Dispose() => work.Dispose();
    }
}
