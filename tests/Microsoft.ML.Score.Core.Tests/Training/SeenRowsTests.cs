using System.Security.Cryptography;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class SeenRowsTests
{
    private static readonly TrainingRow[] s_rows = [Row("a", isStill: true), Row("bé", isStill: false), Row("c", isStill: true)];

    [Test]
    public void Watch_RowsEnumeratedAgainAndInPart_CountEachOnce()
    {
        var seen = new SeenRows();

        var first = seen.Watch(s_rows).Take(2).ToList();
        var counts = (seen.Count, seen.Stills);
        _ = seen.Watch(s_rows).Count();
        _ = seen.Watch(s_rows).Count();

        Assert.That(first, Is.EqualTo(s_rows.Take(2)));
        Assert.That((counts, seen.Count, seen.Stills), Is.EqualTo(((2, 1), 3, 2)));
        Assert.That(seen.Hash, Is.EqualTo(Hash([1, (byte)'a'], [0, (byte)'b', 0xC3, 0xA9], [1, (byte)'c'])));
    }

    [Test]
    public void Of_WhatACheckpointHeld_GoesOnToTheSameHash()
    {
        var whole = new SeenRows();
        _ = whole.Watch(s_rows).Count();
        var part = new SeenRows();
        _ = part.Watch(s_rows).Take(1).ToList();

        var resumed = SeenRows.Of(part.Count, part.Stills, part.Hash);
        _ = resumed.Watch(s_rows).Count();

        Assert.That((resumed.Count, resumed.Stills, Convert.ToHexString(resumed.Hash)), Is.EqualTo((whole.Count, whole.Stills, Convert.ToHexString(whole.Hash))));
    }

    private static byte[] Hash(params byte[][] rows) => rows.Aggregate(new byte[32], (before, row) => SHA256.HashData([.. before, .. row]));

    private static TrainingRow Row(string caption, bool isStill) => new(caption, isStill, _ => throw new InvalidOperationException("no tokens are needed"));
}
