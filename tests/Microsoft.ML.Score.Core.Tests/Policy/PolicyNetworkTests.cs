using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

[TestFixture]
public class PolicyNetworkTests
{
    private const double SingleTolerance = 1e-4; // float32 against the double twin, relative to the largest magnitude

    [TestCase(1, 1, 1, 5, true, false)]
    [TestCase(3, 2, 2, 5, true, false)]
    [TestCase(3, 2, 2, 5, false, false)]
    [TestCase(90, 1, 7, 5, true, false)]     // many steps a block, a short last block
    [TestCase(3, 20, 20, 5, true, false)]    // a step larger than a block
    [TestCase(3, 20, 20, 5, false, false)]
    [TestCase(90, 1, 7, 5, true, true)]
    [TestCase(3, 20, 20, 5, false, true)]
    [TestCase(5, 3, 3, 300, true, true)]     // vectors longer than a block
    [TestCase(400, 1, 5, 70, true, true)]    // time cut among threads
    [TestCase(3, 20, 25, 70, true, true)]    // steps cut among threads
    [TestCase(3, 20, 25, 70, false, true)]
    public void Logits_Shapes_MatchSlowTwin(int steps, int height, int width, int dimension, bool useResidual, bool useNormalization)
    {
        var video = RandomVideo(steps, height, width, dimension, seed: 3);
        var policy = RandomPolicy(dimension, 7, useResidual, useNormalization, seed: 4);

        AssertClose([.. policy.Logits(video)], SlowPolicy.Logits(video, Widen(policy), 7, useResidual, useNormalization));
    }

    [TestCase(1, 1, 1, true, false)]
    [TestCase(4, 2, 3, true, false)]
    [TestCase(4, 2, 3, false, false)]
    [TestCase(70, 1, 5, true, false)]
    [TestCase(2, 17, 16, true, false)]
    [TestCase(70, 1, 5, true, true)]
    [TestCase(4, 2, 3, false, true)]
    public void Backward_Loss_MatchesFiniteDifferencesOfSlowTwin(int steps, int height, int width, bool useResidual, bool useNormalization)
    {
        var video = RandomVideo(steps, height, width, dimension: 3, seed: 5);
        var policy = RandomPolicy(3, 4, useResidual, useNormalization, seed: 6);
        var logits = policy.Logits(video);
        bool[][] masks = [.. Enumerable.Range(0, 4).Select(k => BernoulliMaskTests.Sample(logits, new CounterRandom(8, k)))];
        double[] advantages = [0.3, -0.2, 0.7, -1.1];
        var gradient = new float[policy.Parameters.Length];

        var logitGradient = new double[logits.Length];
        PolicyLoss.Evaluate(logits, masks, advantages, logitGradient);
        PolicyBackward.Accumulate(policy, video, Forward(policy, video).Activations, logitGradient.Select(g => (float)g).ToArray(), gradient);

        var parameters = Widen(policy);
        var expected = new double[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var original = parameters[i];
            parameters[i] = original + 1e-5;
            var above = SlowPolicy.Loss(SlowPolicy.Logits(video, parameters, 4, useResidual, useNormalization), masks, advantages);
            parameters[i] = original - 1e-5;
            var below = SlowPolicy.Loss(SlowPolicy.Logits(video, parameters, 4, useResidual, useNormalization), masks, advantages);
            parameters[i] = original;
            expected[i] = (above - below) / 2e-5;
        }
        AssertClose([.. gradient], expected);
    }

    [TestCase(TensorType.BF16)]
    [TestCase(TensorType.F16)]
    public void Forward_StoredInSixteenBits_GivesTheBitsOfWidenedTokens(TensorType type)
    {
        var video = RandomVideo(5, 4, 4, 300, seed: 7);
        var stored = new StoredRows(video, type);
        var policy = RandomPolicy(300, 7, useResidual: true, useNormalization: true, seed: 8);
        var (logits, activations) = Forward(policy, stored);
        var logitGradient = logits.Select(z => 0.1f * z).ToArray();
        var (gradient, expectedGradient) = (new float[policy.Parameters.Length], new float[policy.Parameters.Length]);

        PolicyBackward.Accumulate(policy, stored, activations, logitGradient, gradient);

        var (expected, expectedActivations) = Forward(policy, stored.Widen());
        PolicyBackward.Accumulate(policy, stored.Widen(), expectedActivations, logitGradient, expectedGradient);
        Assert.That(logits, Is.EqualTo(expected));
        Assert.That(gradient, Is.EqualTo(expectedGradient));
    }

    [Test]
    public void Forward_ActivationsOfALargerVideoBefore_AreForgotten()
    {
        var policy = RandomPolicy(6, 5, useResidual: true, useNormalization: true, seed: 8);
        var (large, small) = (RandomVideo(9, 3, 3, 6, seed: 1), RandomVideo(4, 2, 2, 6, seed: 2));
        var reused = new PolicyActivations();
        float[] Gradient(VideoTokens video, PolicyActivations activations)
        {
            var logits = new float[video.Grid.Count];
            PolicyForward.Run(policy, video, logits, activations);
            var gradient = new float[policy.Parameters.Length];
            PolicyBackward.Accumulate(policy, video, activations, logits, gradient);
            return gradient;
        }

        Gradient(large, reused);

        Assert.That(Gradient(small, reused), Is.EqualTo(Gradient(small, new PolicyActivations())));
    }

    [Test]
    public void Backward_CalledTwice_Adds()
    {
        var video = RandomVideo(3, 2, 2, 4, 1);
        var policy = RandomPolicy(4, 3, true, true, 2);
        var logitGradient = Enumerable.Range(0, 12).Select(i => i * 0.1f - 0.5f).ToArray();
        var once = new float[policy.Parameters.Length];
        var twice = new float[policy.Parameters.Length];

        PolicyBackward.Accumulate(policy, video, Forward(policy, video).Activations, logitGradient, once);
        PolicyBackward.Accumulate(policy, video, Forward(policy, video).Activations, logitGradient, twice);
        PolicyBackward.Accumulate(policy, video, Forward(policy, video).Activations, logitGradient, twice);

        AssertClose([.. twice], [.. once.Select(g => 2.0 * g)]);
    }

    [Test]
    public void Probabilities_AnyVideo_AreSigmoidsOfLogits()
    {
        var shapes = from t in Gen.Choose(1, 12) from h in Gen.Choose(1, 5) from w in Gen.Choose(1, 5) from seed in Gen.Choose(0, 1000) select (t, h, w, seed);
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            var video = RandomVideo(shape.t, shape.h, shape.w, 3, shape.seed);
            var policy = RandomPolicy(3, 6, shape.seed % 2 == 0, shape.seed % 3 == 0, shape.seed + 1);
            var logits = policy.Logits(video);
            return policy.Probabilities(video).Zip(logits).All(pair => Math.Abs(pair.First - 1 / (1 + Math.Exp(-pair.Second))) < 1e-6);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Initialize_StandardTokens_StartsAroundOneHalfAndIsReproducible()
    {
        var video = RandomVideo(10, 4, 4, 32, 9);
        var policies = Enumerable.Range(0, 20).Select(seed => PolicyNetwork.Initialize(32, seed: seed)).ToList();

        Assert.That(policies.Average(policy => policy.Probabilities(video).Average()), Is.EqualTo(0.5).Within(0.1));
        Assert.That(PolicyNetwork.Initialize(32, seed: 7).Parameters.ToArray(), Is.EqualTo(policies[7].Parameters.ToArray()));
        Assert.That(policies[6].Parameters.ToArray(), Is.Not.EqualTo(policies[7].Parameters.ToArray()));
    }

    [Test]
    public void Logits_NormalizedTokensOfAnotherScale_AreTheSame()
    {
        var video = RandomVideo(4, 3, 3, 16, 2);
        var larger = new VideoTokens(video.Grid, 16, video.Vectors.ToArray().Select(value => 64 * value).ToArray());
        var policy = RandomPolicy(16, 8, useResidual: true, useNormalization: true, seed: 3);

        AssertClose([.. policy.Logits(larger)], [.. policy.Logits(video)]);
    }

    [Test]
    public void Logits_ZeroToken_IsFinite()
    {
        var policy = RandomPolicy(2, 3, useResidual: true, useNormalization: true, seed: 3);

        Assert.That(policy.Logits(new VideoTokens(new TokenGrid(2, 1, 1), 2, new float[4])), Is.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Logits_OtherDimension_NamesBoth()
    {
        var error = Assert.Throws<ArgumentException>(() => PolicyNetwork.Initialize(8).Logits(RandomVideo(1, 1, 1, 5, 1)));
        Assert.That(error!.Message, Does.Contain("dimension 8").And.Contain("dimension 5"));
    }

    internal static VideoTokens RandomVideo(int steps, int height, int width, int dimension, int seed)
    {
        var random = new CounterRandom(seed, 77);
        var vectors = Enumerable.Range(0, steps * height * width * dimension).Select(i => (float)random.Normal(i)).ToArray();
        return new VideoTokens(new TokenGrid(steps, height, width), dimension, vectors);
    }

    private static (float[] Logits, PolicyActivations Activations) Forward(PolicyNetwork policy, ITokenRows video)
    {
        var logits = new float[video.Grid.Count];
        var activations = new PolicyActivations();
        PolicyForward.Run(policy, video, logits, activations);
        return (logits, activations);
    }

    private static PolicyNetwork RandomPolicy(int dimension, int hiddenWidth, bool useResidual, bool useNormalization, int seed)
    {
        var policy = PolicyNetwork.Initialize(dimension, hiddenWidth, useResidual, useNormalization, seed);
        for (var i = 0; i < hiddenWidth; i++)
            policy.B1[i] = 0.3f - 0.1f * i;
        policy.B2[0] = -0.4f;
        return policy;
    }

    private static double[] Widen(PolicyNetwork policy) => [.. policy.Parameters];

    private static void AssertClose(double[] actual, double[] expected) =>
        Assert.That(actual, Is.EqualTo(expected).Within(SingleTolerance * expected.Max(Math.Abs)));

    private sealed class StoredRows(VideoTokens video, TensorType type) : ITokenRows
    {
        private readonly byte[] _stored = StoredValues.Narrow(type, video.Vectors.Span);

        public TokenGrid Grid => video.Grid;

        public int Dimension => video.Dimension;

        public TensorType Type => type;

        public ReadOnlySpan<byte> Rows(int first, int count) => _stored.AsSpan(first * Dimension * type.Size(), count * Dimension * type.Size());

        public VideoTokens Widen()
        {
            var values = new float[video.Vectors.Length];
            StoredValues.Widen(type, _stored, values);
            return new VideoTokens(Grid, Dimension, values);
        }
    }

    [Test]
    public void MayOverflow_AnyScaleOfWeightsAndTokens_SaysNoOnlyWhereLogitsAreFinite([Values] bool useNormalization, [Values] bool useResidual)
    {
        var (safe, overflowing) = (0, 0);
        for (var weights = -3; weights <= 38; weights += 3)
            for (var tokens = -3; tokens <= 37; tokens += 3)
            {
                var policy = PolicyNetwork.Initialize(5, 3, useResidual, useNormalization);
                foreach (ref var weight in policy.Parameters)
                    weight = (float)(Math.CopySign(1, weight) * Math.Pow(10, weights));
                var video = RandomVideo(3, 1, 2, 5, seed: 1);
                var scaled = new VideoTokens(video.Grid, 5, video.Vectors.ToArray().Select(value => (float)(Math.Clamp(value, -1, 1) * Math.Pow(10, tokens))).ToArray());
                var finite = policy.LogitsOf(scaled).All(float.IsFinite);

                Assert.That(finite || policy.MayOverflow(scaled), $"weights 1e{weights}, tokens 1e{tokens}");
                safe += policy.MayOverflow(scaled) ? 0 : 1;
                overflowing += finite ? 0 : 1;
            }

        Assert.That(Math.Min(safe, overflowing), Is.Positive, "both are met");
        Assert.That(PolicyNetwork.Initialize(5, 3, useResidual, useNormalization).MayOverflow(RandomVideo(3, 1, 2, 5, seed: 1)), Is.False);
    }
}
