using System.Collections;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Stage 1 of the curriculum (paper section 4.4): an endless stream of pseudo-videos, each 2-4 single steps repeated 3-6 times with
/// their captions joined by a space, in token space. It ends only if there are no rows at all.
/// </summary>
/// <remarks>
/// The rows are streamed: a bounded window of stills is shuffled and used up, then the next one is read, epoch after epoch, so every
/// still is used once an epoch. Steps of one pseudo-video share a grid; a still that finds no companion of its grid in its window serves
/// alone. No video is read where there are stills; where there is none, one step of each video takes its place, with a warning. The
/// stream depends on the data and the seed alone.
/// </remarks>
/// <param name="rows">The training data.</param>
/// <param name="dimension">D, values a token.</param>
/// <param name="seed">Seed of the shuffling, of the lengths, and of the steps taken of videos.</param>
/// <param name="warn">Told that there are no stills.</param>
/// <param name="skip">Pseudo-videos to leave out at the start. Of the windows before the first that is given, the grids alone are read.</param>
/// <param name="unusable">Rows that are passed over; null to pass over none.</param>
/// <param name="cancellationToken">Stops an encoder under way.</param>
internal sealed class PseudoVideos(
    IEnumerable<TrainingRow> rows, int dimension, int seed, Action<string> warn, int skip = 0, UnusableRows? unusable = null, CancellationToken cancellationToken = default)
    : IEnumerable<TrainingRow>
{
    private const int WindowRows = 256;
    private const long WindowValues = 1 << 24; // 64 MiB

    private readonly UnusableRows _unusable = unusable ?? new(skip: false, [], warn);

    public IEnumerator<TrainingRow> GetEnumerator()
    {
        var steps = Stills;
        var left = skip;
        for (var epoch = 0; ; epoch++)
        {
            var (any, firstRow, window) = (false, 0, 0);
            if (left > 0)
                foreach (var grids in Windows(steps(epoch), epoch, row => new Step(row.ReadGrid(cancellationToken), Row: null)))
                {
                    any = true;
                    var count = Mixtures(grids, epoch, window).Count();
                    if (count > left)
                        break;
                    (left, firstRow, window) = (left - count, firstRow + grids.Count, window + 1);
                }

            foreach (var read in Windows(steps(epoch).Skip(firstRow), epoch, Read))
            {
                any = true;
                foreach (var mixture in Mixtures(read, epoch, window++).Skip(left))
                    yield return Join(read, mixture);
                left = 0;
            }

            if (any)
                continue;
            if (steps == StepsOfVideos)
                yield break;
            warn("The training data has no single-step rows; the warm-up builds its pseudo-videos from single steps of the videos, with whole captions.");
            steps = StepsOfVideos;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private IEnumerable<(int Number, TrainingRow Row)> Usable(int epoch) => _unusable.Usable(rows, UnusableRows.Pass(TrainingStage.WarmUp, epoch));

    private IEnumerable<(int Number, TrainingRow Row)> Stills(int epoch) => Usable(epoch).Where(row => row.Row.IsStill);

    private IEnumerable<(int Number, TrainingRow Row)> StepsOfVideos(int epoch)
    {
        var random = new CounterRandom(seed, 4, epoch);
        return Usable(epoch).Select(item => (item.Number, Step(item.Number, item.Row)));

        TrainingRow Step(int number, TrainingRow row) =>
            new(row.Caption, isStill: true, token => StepOf(row.ReadVideo(token), number), () => GridOfStep(row.ReadGrid(cancellationToken)));

        VideoTokens StepOf(VideoTokens video, int row)
        {
            var length = video.Grid.TokensPerStep * video.Dimension;
            var start = random.Below(row, video.Grid.TimeSteps) * length;
            return new VideoTokens(GridOfStep(video.Grid), video.Dimension, Copy(video.Vectors), video.EncoderFingerprint) { DeepStack = [.. video.DeepStack.Select(Copy)] };

            // Copies, so that the window does not hold the video.
            ReadOnlyMemory<float> Copy(ReadOnlyMemory<float> values) => values.Slice(start, length).ToArray();
        }

        static TokenGrid GridOfStep(TokenGrid grid) => new(1, grid.Height, grid.Width, grid.SecondsPerStep);
    }

    private Step Read(TrainingRow row)
    {
        var video = row.ReadVideo(cancellationToken);
        return new Step(video.Grid, new TrainingRow(video, row.Caption));
    }

    private IEnumerable<List<Step>> Windows(IEnumerable<(int Number, TrainingRow Row)> rows, int epoch, Func<TrainingRow, Step> read)
    {
        var values = 0L;
        List<Step> window = [];
        foreach (var (number, row) in rows)
        {
            if (!_unusable.TryRead(number, UnusableRows.Pass(TrainingStage.WarmUp, epoch), () => read(row), out var step))
                continue;
            window.Add(step);
            values += (long)window[^1].Grid.TokensPerStep * dimension;
            if (window.Count < WindowRows && (values < WindowValues || window.Count < 4))
                continue;
            yield return window;
            (window, values) = ([], 0);
        }
        if (window.Count > 0)
            yield return window;
    }

    /// <summary>What the pseudo-videos of a window are made of.</summary>
    private IEnumerable<Mixture> Mixtures(List<Step> window, int epoch, int index)
    {
        var random = new CounterRandom(seed, 3, epoch, index);
        var counter = 0L;
        foreach (var sameGrid in Enumerable.Range(0, window.Count).GroupBy(step => (window[step].Grid.Height, window[step].Grid.Width)))
        {
            var steps = sameGrid.ToArray();
            for (var i = steps.Length - 1; i > 0; i--) // Fisher-Yates
            {
                var j = random.Below(counter++, i + 1);
                (steps[i], steps[j]) = (steps[j], steps[i]);
            }

            for (var used = 0; used < steps.Length;)
            {
                var size = Math.Min(2 + random.Below(counter++, 3), steps.Length - used);
                if (steps.Length - used - size == 1) // leave no row behind alone
                    size += size == 4 ? -1 : 1;
                var repeats = new int[size];
                for (var i = 0; i < size; i++)
                    repeats[i] = 3 + random.Below(counter++, 4);
                yield return new Mixture(steps[used..(used + size)], repeats);
                used += size;
            }
        }
    }

    private TrainingRow Join(List<Step> window, Mixture mixture)
    {
        var captions = string.Join(' ', mixture.Steps.Select(step => window[step].Row!.Caption));
        return new TrainingRow(captions, isStill: false, _ =>
        {
            var videos = Array.ConvertAll(mixture.Steps, step => window[step].Row!.ReadVideo(cancellationToken));
            var first = videos[0];
            var grid = new TokenGrid(mixture.Repeats.Sum(), first.Grid.Height, first.Grid.Width, first.Grid.SecondsPerStep);
            return new VideoTokens(grid, first.Dimension, Repeated(video => video.Vectors), first.EncoderFingerprint)
            {
                DeepStack = [.. Enumerable.Range(0, first.DeepStack.Count).Select(level => Repeated(video => video.DeepStack[level]))],
                Times = first.DeepStack.Count > 0 ? TimesOf(grid) : null,
            };

            ReadOnlyMemory<float> Repeated(Func<VideoTokens, ReadOnlyMemory<float>> values)
            {
                var repeated = new float[mixture.Repeats.Sum() * first.Vectors.Length];
                var position = 0;
                for (var i = 0; i < videos.Length; i++)
                    for (var repeat = 0; repeat < mixture.Repeats[i]; repeat++, position += first.Vectors.Length)
                        values(videos[i]).Span.CopyTo(repeated.AsSpan(position));
                return repeated;
            }
        });
    }

    /// <summary>
    /// The times of steps that follow each other evenly, for models that name them; tokens with DeepStack features are of such. A step is two
    /// frames, at its start and its middle, and is named by the time between them.
    /// </summary>
    private static StepTimes TimesOf(TokenGrid grid) => new(
        [.. Enumerable.Range(0, grid.TimeSteps).Select(step => (step + 0.25) * grid.SecondsPerStep)], grid.TimeSteps * grid.SecondsPerStep);

    /// <summary>A row of a window; without its tokens where it is skipped.</summary>
    private readonly record struct Step(TokenGrid Grid, TrainingRow? Row);

    /// <summary>The steps of one pseudo-video, as indices into the window, and how often each is repeated.</summary>
    private readonly record struct Mixture(int[] Steps, int[] Repeats);
}
