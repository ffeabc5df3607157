using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class RolloutsTests
{
    [Test]
    public void Sample_LargeThenSmallVideo_GivesWhatFreshMemoryGives()
    {
        var rollouts = new Rollouts(5);
        foreach (var (steps, seed) in new[] { (9, 1), (3, 2), (4, 3) })
        {
            var video = PolicyNetworkTests.RandomVideo(steps, 2, 3, 4, seed);
            var logits = PolicyNetwork.Initialize(4, 3).Logits(video);
            rollouts.Sample(logits, k => new CounterRandom(seed, k));
            var kept = rollouts.Kept;

            Assert.That(kept, Has.Length.EqualTo(5));
            for (var k = 0; k < 5; k++)
            {
                var mask = BernoulliMaskTests.Sample(logits, new CounterRandom(seed, k));
                var expected = Enumerable.Range(0, mask.Length).Where(i => mask[i]).ToArray();
                Assert.That(rollouts.Masks[k].Take(mask.Length), Is.EqualTo(mask));
                Assert.That(rollouts.KeptCounts[k], Is.EqualTo(expected.Length));
                Assert.That(kept[k].ToArray(), Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void Sample_MasksThatKeepNothing_GivesEmptySets()
    {
        var rollouts = new Rollouts(2);
        rollouts.Sample([-1000f, -1000f], k => new CounterRandom(1, k));

        Assert.That(rollouts.Kept.Select(kept => kept.Length), Is.EqualTo(new[] { 0, 0 }));
    }
}
