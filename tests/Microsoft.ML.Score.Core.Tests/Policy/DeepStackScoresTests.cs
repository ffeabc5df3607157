using System.Text;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>A policy that scores DeepStack features is one of longer tokens: the oracle is a plain policy on rows that the test joins itself.</summary>
[TestFixture]
public class DeepStackScoresTests
{
    private const int D = 5, Levels = 2;

    private static readonly TokenGrid s_grid = new(7, 9, 40);

    [Test]
    public void Logits_WithDeepStack_AreThoseOfAPlainPolicyOnJoinedRows([Values] bool useResidual, [Values] bool useNormalization)
    {
        var (video, joined) = Videos();
        var policy = PolicyNetwork.Initialize(D, 8, useResidual, useNormalization, deepStackLevels: Levels);
        var plain = PolicyNetwork.Initialize((1 + Levels) * D, 8, useResidual, useNormalization);

        Assert.That(policy.Parameters.ToArray(), Is.EqualTo(plain.Parameters.ToArray()));
        Assert.That(policy.Logits(video), Is.EqualTo(plain.Logits(joined)));
        Assert.That(policy.Logits(video), Is.Not.EqualTo(PolicyNetwork.Initialize(D, 8, useResidual, useNormalization).Logits(video)));
    }

    [TestCase(TensorType.F32)]
    [TestCase(TensorType.BF16)]
    public void Logits_OfAFeatureFile_AreThoseOfItsTokens(TensorType type)
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("clip.safetensors"), Videos().Video, type);
        using var mapped = FeatureFile.Open(folder.File("clip.safetensors"));
        var policy = PolicyNetwork.Initialize(D, 8, deepStackLevels: Levels);

        Assert.That(policy.Logits(mapped), Is.EqualTo(policy.Logits(mapped.ToVideoTokens())));
    }

    [Test]
    public void Gradient_WithDeepStack_IsThatOfAPlainPolicyOnJoinedRows()
    {
        var (video, joined) = Videos();
        var policy = PolicyNetwork.Initialize(D, 8, deepStackLevels: Levels);

        Assert.That(Gradient(policy, policy.RowsOf(video)), Is.EqualTo(Gradient(PolicyNetwork.Initialize((1 + Levels) * D, 8), joined)));

        static float[] Gradient(PolicyNetwork policy, ITokenRows rows)
        {
            var activations = new PolicyActivations();
            PolicyForward.Run(policy, rows, new float[rows.Grid.Count], activations);
            var gradient = new float[policy.ParameterCount];
            PolicyBackward.Accumulate(policy, rows, activations, Values(rows.Grid.Count, seed: 9), gradient);
            return gradient;
        }
    }

    [Test]
    public void File_KeepsTheLevels_AndIsSilentWithoutThem()
    {
        var policy = PolicyNetwork.Initialize(D, 8, deepStackLevels: Levels);

        var read = PolicyNetwork.Parse(policy.ToBytes(), "policy");

        Assert.That((read.Dimension, read.DeepStackLevels), Is.EqualTo((D, Levels)));
        Assert.That(read.ToBytes(), Is.EqualTo(policy.ToBytes()));
        Assert.That(read.Logits(Videos().Video), Is.EqualTo(policy.Logits(Videos().Video)));
        Assert.That(Encoding.Latin1.GetString(PolicyNetwork.Initialize(D, 8).ToBytes()), Does.Not.Contain("deepstack"));
    }

    [Test]
    public void Logits_OfTokensWithOtherLevels_AreRefusedNamingBoth()
    {
        var (video, joined) = Videos();

        Assert.That(
            () => PolicyNetwork.Initialize((1 + Levels) * D, deepStackLevels: 3).Logits(joined),
            Throws.ArgumentException.With.Message.Contains("scores 3 DeepStack tensors").And.Message.Contains("got tokens with 0"));
        Assert.That(
            () => PolicyNetwork.Initialize(D, deepStackLevels: 1).Logits(video),
            Throws.ArgumentException.With.Message.Contains("scores 1 DeepStack tensors").And.Message.Contains($"got tokens with {Levels}"));
    }

    [Test]
    public void Logits_OfDeepStackThatIsNotFinite_AreRefused()
    {
        var features = Values(s_grid.Count * D, seed: 2);
        features[17] = float.NaN;
        var video = new VideoTokens(s_grid, D, Values(s_grid.Count * D, seed: 1)) { DeepStack = [features] };

        Assert.That(() => PolicyNetwork.Initialize(D, deepStackLevels: 1).Logits(video), Throws.ArgumentException.With.Message.Contains("Value 17 of the tokens is NaN"));
    }

    private static (VideoTokens Video, VideoTokens Joined) Videos()
    {
        float[][] parts = [.. Enumerable.Range(1, 1 + Levels).Select(seed => Values(s_grid.Count * D, seed))];
        float[] joined = [.. Enumerable.Range(0, s_grid.Count).SelectMany(token => parts.SelectMany(part => part.Skip(token * D).Take(D)))];
        return (new VideoTokens(s_grid, D, parts[0]) { DeepStack = [parts[1], parts[2]] }, new VideoTokens(s_grid, (1 + Levels) * D, joined));
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
