using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
internal sealed class NewlinesTests
{
    private const float Newline = -1;

    // Two steps of 2 x 3 tokens: 0..5 and 6..11; -1 is the newline.
    [TestCase(NewlinePosition.Grid, new float[] { 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1 })]
    [TestCase(NewlinePosition.Frame, new float[] { 0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11, -1 })]
    [TestCase(NewlinePosition.OneToken, new float[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1 })]
    [TestCase(NewlinePosition.NoToken, new float[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 })]
    public void Insert_AllTokens_GivesTheWholeSequence(NewlinePosition position, float[] expected)
    {
        var newlines = new Newlines(position, new TokenGrid(2, 2, 3));

        var sequence = newlines.Insert(Kept([.. Enumerable.Range(0, 12)]), [Newline]);

        Assert.That(sequence.Vectors.ToArray(), Is.EqualTo(expected));
        Assert.That(sequence.Indices.ToArray(), Is.EqualTo(Enumerable.Range(0, expected.Length)));
        Assert.That(newlines.Length, Is.EqualTo(expected.Length));
    }

    [TestCase(NewlinePosition.Grid, new float[] { 1, 2, -1, 9, -1 }, new[] { 1, 2, 3, 12, 15 })]
    [TestCase(NewlinePosition.Frame, new float[] { 1, 2, -1, 9, -1 }, new[] { 1, 2, 6, 10, 13 })]
    [TestCase(NewlinePosition.OneToken, new float[] { 1, 2, 9, -1 }, new[] { 1, 2, 9, 12 })]
    [TestCase(NewlinePosition.NoToken, new float[] { 1, 2, 9 }, new[] { 1, 2, 9 })]
    public void Insert_SomeTokens_KeepsTheNewlinesOfTheirRuns(NewlinePosition position, float[] vectors, int[] indices)
    {
        var sequence = new Newlines(position, new TokenGrid(2, 2, 3)).Insert(Kept([1, 2, 9]), [Newline]);

        Assert.That(sequence.Vectors.ToArray(), Is.EqualTo(vectors));
        Assert.That(sequence.Indices.ToArray(), Is.EqualTo(indices));
    }

    [Test]
    public void Insert_NoToken_GivesNothing([Values] NewlinePosition position) =>
        Assert.That(new Newlines(position, new TokenGrid(2, 2, 3)).Insert(Kept([]), [Newline]).Indices.Length, Is.Zero);

    [Test]
    public void Insert_EverySubset_IsTheWholeSequenceLessDroppedTokensAndEmptyRuns([Values] NewlinePosition position)
    {
        var grid = new TokenGrid(2, 2, 3);
        var newlines = new Newlines(position, grid);
        var whole = newlines.Insert(Kept([.. Enumerable.Range(0, 12)]), [Newline]).Vectors.ToArray();

        for (var bits = 0; bits < 1 << 12; bits++)
        {
            var kept = Enumerable.Range(0, 12).Where(i => (bits >> i & 1) == 1).ToArray();
            var sequence = newlines.Insert(Kept(kept), [Newline]);

            // A slow twin: walk the whole sequence and remember whether anything of the run stayed.
            var (expected, stayed) = (new List<int>(), false);
            for (var i = 0; i < whole.Length; i++)
            {
                var stays = whole[i] == Newline ? stayed : kept.Contains((int)whole[i]);
                stayed = whole[i] != Newline && (stayed || stays);
                if (stays)
                    expected.Add(i);
            }

            if (!sequence.Indices.ToArray().SequenceEqual(expected) || !sequence.Vectors.ToArray().SequenceEqual(expected.Select(i => whole[i])))
                Assert.Fail($"Kept [{string.Join(", ", kept)}]: expected rows [{string.Join(", ", expected)}], got [{string.Join(", ", sequence.Indices.ToArray())}].");
        }
    }

    [Test]
    public void Length_OfSixtyFourFrames_IsThatOfTheOriginal()
    {
        Assert.That(new Newlines(NewlinePosition.Grid, new TokenGrid(64, 13, 13)).Length, Is.EqualTo(11648));
        Assert.That(new Newlines(NewlinePosition.Grid, new TokenGrid(64, 14, 14)).Length, Is.EqualTo(13440));
        Assert.That(new Newlines(NewlinePosition.Frame, new TokenGrid(1, 14, 14)).Length, Is.EqualTo(197));
    }

    /// <summary>Tokens of one value, their own position.</summary>
    private static KeptTokens Kept(int[] positions) => new(new TokenGrid(2, 2, 3), 1, positions, Array.ConvertAll(positions, position => (float)position));
}
