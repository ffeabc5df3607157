using System.Collections;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Stage 1 of the curriculum (paper section 4.4): an endless stream of pseudo-videos, each 2-4 single steps repeated 3-6 times with
/// their captions joined by a space, in token space. It ends only if there are no rows at all.
/// </summary>
/// <remarks>
/// The rows are streamed: a bounded window of single-step rows is shuffled and used up, then the next one is read, epoch after epoch,
/// so every row is used once an epoch. Steps of one pseudo-video share a grid; a row that finds no companion of its grid in its window
/// serves alone. Where the data has no single-step row, one step of each video takes its place, with a warning. The stream depends
/// on the data and the seed alone.
/// </remarks>
internal sealed class PseudoVideos(IEnumerable<TrainingExample> examples, int seed, Action<string> warn) : IEnumerable<TrainingExample>
{
    private const int WindowRows = 256;
    private const long WindowValues = 1 << 24; // 64 MiB

    public IEnumerator<TrainingExample> GetEnumerator()
    {
        var steps = SingleStepRows;
        for (var epoch = 0; ; epoch++)
        {
            var any = false;
            foreach (var window in Windows(steps(epoch)))
                foreach (var video in Assemble(window.Rows, new CounterRandom(seed, 3, epoch, window.Index)))
                {
                    any = true;
                    yield return video;
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

    private IEnumerable<TrainingExample> SingleStepRows(int epoch) => examples.Where(example => example.Video.Grid.TimeSteps == 1);

    private IEnumerable<TrainingExample> StepsOfVideos(int epoch)
    {
        var random = new CounterRandom(seed, 4, epoch);
        return examples.Select((example, row) =>
        {
            var (grid, dimension) = (example.Video.Grid, example.Video.Dimension);
            var length = grid.TokensPerStep * dimension;
            var step = example.Video.Vectors.Slice(random.Below(row, grid.TimeSteps) * length, length).ToArray(); // a copy, so that the window does not hold the video
            var ofStep = new TokenGrid(1, grid.Height, grid.Width, grid.SecondsPerStep);
            return new TrainingExample(new VideoTokens(ofStep, dimension, step, example.Video.EncoderFingerprint), example.Caption);
        });
    }

    private static IEnumerable<(int Index, List<TrainingExample> Rows)> Windows(IEnumerable<TrainingExample> rows)
    {
        var index = 0;
        var values = 0L;
        List<TrainingExample> window = [];
        foreach (var row in rows)
        {
            window.Add(row);
            values += row.Video.Vectors.Length;
            if (window.Count < WindowRows && (values < WindowValues || window.Count < 4))
                continue;
            yield return (index++, window);
            (window, values) = ([], 0);
        }
        if (window.Count > 0)
            yield return (index, window);
    }

    private static IEnumerable<TrainingExample> Assemble(List<TrainingExample> window, CounterRandom random)
    {
        var counter = 0L;
        foreach (var sameGrid in window.GroupBy(row => (row.Video.Grid.Height, row.Video.Grid.Width)))
        {
            var rows = sameGrid.ToArray();
            for (var i = rows.Length - 1; i > 0; i--) // Fisher-Yates
            {
                var j = random.Below(counter++, i + 1);
                (rows[i], rows[j]) = (rows[j], rows[i]);
            }

            for (var used = 0; used < rows.Length;)
            {
                var size = Math.Min(2 + random.Below(counter++, 3), rows.Length - used);
                if (rows.Length - used - size == 1) // leave no row behind alone
                    size += size == 4 ? -1 : 1;
                var repeats = new int[size];
                for (var i = 0; i < size; i++)
                    repeats[i] = 3 + random.Below(counter++, 4);
                yield return Join(rows.AsSpan(used, size), repeats);
                used += size;
            }
        }
    }

    private static TrainingExample Join(ReadOnlySpan<TrainingExample> rows, int[] repeats)
    {
        var first = rows[0].Video;
        var length = first.Vectors.Length;
        var vectors = new float[repeats.Sum() * length];
        var position = 0;
        for (var i = 0; i < rows.Length; i++)
            for (var repeat = 0; repeat < repeats[i]; repeat++, position += length)
                rows[i].Video.Vectors.Span.CopyTo(vectors.AsSpan(position));

        var grid = new TokenGrid(repeats.Sum(), first.Grid.Height, first.Grid.Width, first.Grid.SecondsPerStep);
        return new TrainingExample(
            new VideoTokens(grid, first.Dimension, vectors, first.EncoderFingerprint), string.Join(' ', rows.ToArray().Select(row => row.Caption)));
    }
}
