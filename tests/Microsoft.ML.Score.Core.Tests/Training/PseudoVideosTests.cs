using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class PseudoVideosTests
{
    [Test]
    public void Stream_AnyRows_AreRunsOfThreeToSixEqualStepsWithTheirCaptions()
    {
        var counts = Gen.Choose(1, 40).ToArbitrary();
        Prop.ForAll(counts, count =>
        {
            var rows = Enumerable.Range(0, count).Select(i => Image(i, 2, 2)).ToArray();
            return new PseudoVideos(rows, 1, seed: count, Fail).Take(30).All(video =>
            {
                var runs = Runs(video);
                return runs.All(run => run.Length is >= 3 and <= 6)
                    && runs.Length is >= 1 and <= 4
                    && (runs.Length > 1 || count == 1)
                    && video.Caption == string.Join(' ', runs.Select(run => $"image{run.Id}"))
                    && video.ReadVideo().Grid.TimeSteps == runs.Sum(run => run.Length);
            });
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Stream_OneEpoch_UsesEveryRowOnce()
    {
        var rows = Enumerable.Range(0, 600).Select(i => Image(i, 1, 1)).ToArray();
        List<int> used = [];
        using var videos = new PseudoVideos(rows, 1, 1, Fail).GetEnumerator();
        while (used.Count < rows.Length && videos.MoveNext())
            used.AddRange(Runs(videos.Current).Select(run => run.Id));

        Assert.That(used, Is.EquivalentTo(Enumerable.Range(0, 600)));
        Assert.That(used, Is.Not.Ordered);
    }

    [Test]
    public void Stream_RowsOfDifferentGrids_AreNotMixed()
    {
        TrainingRow[] rows = [Image(0, 2, 3), Image(1, 3, 2), Image(2, 2, 3), Image(3, 1, 6)];
        foreach (var video in new PseudoVideos(rows, 1, 1, Fail).Take(9))
            Assert.That(Runs(video).Select(run => run.Id).Order(), Is.EqualTo(new[] { 0, 2 }).Or.EqualTo(new[] { 1 }).Or.EqualTo(new[] { 3 }));
    }

    [Test]
    public void Stream_EndlessRows_ReadsOnlyOneWindowAhead()
    {
        var read = 0;
        IEnumerable<TrainingRow> Endless()
        {
            for (; ; read++)
                yield return Image(read, 1, 1);
        }
        Assert.That(new PseudoVideos(Endless(), 1, 1, Fail).Take(10).Count(), Is.EqualTo(10));
        Assert.That(read, Is.LessThanOrEqualTo(256));
    }

    [Test]
    public void Stream_OnlyVideos_WarnsOnceAndTakesTheirSteps()
    {
        List<string> warnings = [];
        var rows = Enumerable.Range(0, 5).Select(i => PlantedModel.Example(i, 7)).ToArray();
        var videos = new PseudoVideos(rows, PlantedModel.Dimension, 1, warnings.Add).Take(20).ToList();
        Assert.That(videos, Has.Count.EqualTo(20));
        Assert.That(warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public void Stream_Again_IsEqual()
    {
        var rows = Enumerable.Range(0, 50).Select(i => Image(i, 1, 2)).ToArray();
        var videos = new PseudoVideos(rows, 1, 8, Fail);
        Assert.That(videos.Take(60).Select(video => video.Caption), Is.EqualTo(videos.Take(60).Select(video => video.Caption)));
        Assert.That(videos.Take(60).Select(video => video.Caption), Is.Not.EqualTo(new PseudoVideos(rows, 1, 9, Fail).Take(60).Select(video => video.Caption)));
    }

    [Test]
    public void Stream_Skipped_IsTheRestAndReadsNoWindowBeforeIt([Values(1, 7, 60, 100, 180, 500)] int skip)
    {
        List<int> read = [];
        var rows = Enumerable.Range(0, 400).Select(i =>
        {
            var (image, id) = (Image(i, 1, 1 + i % 3), i);
            return new TrainingRow(image.Caption, isStill: true, token => { read.Add(id); return image.ReadVideo(token); }, () => image.ReadGrid());
        }).ToArray();
        var whole = new PseudoVideos(rows, 1, 5, Fail).Take(skip + 20).Skip(skip).Select(Content).ToArray();
        read.Clear();

        var rest = new PseudoVideos(rows, 1, 5, Fail, skip).Take(20).Select(Content).ToArray();

        Assert.That(rest, Is.EqualTo(whole));
        Assert.That(read.Distinct().Count(), Is.EqualTo(read.Count), "nothing twice");
        Assert.That(read, Has.Count.LessThanOrEqualTo(256 + 144), "the window in which the skipped end, and the next where twenty reach into it");
    }

    [Test]
    public void Stream_StillsBehindVideos_ReadsNoVideo()
    {
        var videos = Enumerable.Range(0, 400).Select(_ => new TrainingRow("never read", isStill: false, _ => throw new InvalidOperationException("a video was read")));
        var rows = videos.Concat(Enumerable.Range(0, 40).Select(i => Image(i, 2, 2))).ToArray();

        Assert.That(new PseudoVideos(rows, 1, 1, Fail).Take(30).Sum(video => video.ReadGrid().TimeSteps), Is.GreaterThan(0));
    }

    private static string Content(TrainingRow video) => $"{video.Caption} {string.Join(' ', video.ReadVideo().Vectors.ToArray())}";

    private static void Fail(string warning) => Assert.Fail(warning);

    private static TrainingRow Image(int id, int height, int width) =>
        new(new VideoTokens(new TokenGrid(1, height, width), 1, Enumerable.Repeat((float)id, height * width).ToArray()), $"image{id}");

    private static (int Id, int Length)[] Runs(TrainingRow video)
    {
        var n = video.ReadVideo().Grid.TokensPerStep;
        List<(int Id, int Length)> runs = [];
        for (var step = 0; step < video.ReadVideo().Grid.TimeSteps; step++)
        {
            var id = (int)video.ReadVideo().Vectors.Span[step * n];
            if (runs.Count > 0 && runs[^1].Id == id)
                runs[^1] = (id, runs[^1].Length + 1);
            else
                runs.Add((id, 1));
        }
        return [.. runs];
    }
}
