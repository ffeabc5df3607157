namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class EncoderIdentityTests
{
    private static readonly EncoderIdentity s_policy = new("the policy 'p'", 3, "aaaa");

    [TestCase(3, "aaaa", null)]
    [TestCase(null, "aaaa", null)]
    [TestCase(3, null, null)]
    [TestCase(null, null, null)]
    [TestCase(4, "bbbb", "The policy 'p' takes tokens of dimension 3, got 4 from row 5.")]
    [TestCase(3, "bbbb", "The policy 'p' takes tokens of encoder aaaa, got those of encoder bbbb from row 5.")]
    [TestCase(3, "\u001b[2J", "The policy 'p' takes tokens of encoder aaaa, got those of encoder \\u001b[2J from row 5.")]
    public void Refuses_Tokens_OnlyForWhatIsKnownOnBothSides(int? dimension, string? fingerprint, string? expected) =>
        Assert.That(s_policy.Refuses(dimension, fingerprint, "row 5"), Is.EqualTo(expected));

    [Test]
    public void Refuses_TokensOfAModel_NamesIt()
    {
        var model = new VideoModelInfo("tiny", "bbbb", 3);

        Assert.That(s_policy.Refuses(EncoderIdentity.Of(model)), Is.EqualTo("The policy 'p' takes tokens of encoder aaaa, got those of encoder bbbb from the model 'tiny'."));
        Assert.That(EncoderIdentity.Of(model).Refuses(4, null), Is.EqualTo("The model 'tiny' takes tokens of dimension 3, got 4."));
    }

    [Test]
    public void Refuses_TokensOfTheModelWithOtherOptions_UnlessAnyProcessingIsTaken()
    {
        var (plain, fewFrames) = (VideoModelInfo.FingerprintOf("aaaa", ""), VideoModelInfo.FingerprintOf("aaaa", "MaxFrames 8"));

        Assert.That(plain, Is.EqualTo("aaaa"));
        Assert.That(fewFrames, Is.EqualTo("aaaa+26d8858276263f27")); // printf 'MaxFrames 8' | sha256sum
        Assert.That(s_policy.Refuses(3, fewFrames), Does.Contain("got those of encoder aaaa+").And.Contain("(the same model, loaded with other options of frame sampling or size)"));
        Assert.That((s_policy with { Fingerprint = fewFrames }).Refuses(3, plain), Does.Contain("the same model"));
        Assert.That((s_policy with { AnyProcessing = true }).Refuses(3, fewFrames), Is.Null);
        Assert.That((s_policy with { AnyProcessing = true }).Refuses(3, "bbbb+26d8858276263f27"), Does.Not.Contain("the same model"));
    }

    [Test]
    public void Refuses_SameLayoutWithOtherValues_UnlessThoseAreNotKnown()
    {
        var layout = new string('a', 64);
        var (first, second) = ($"{layout}.0123456789abcdef", $"{layout}.fedcba9876543210");
        var policy = s_policy with { Fingerprint = first };

        Assert.That(policy.Refuses(3, first), Is.Null);
        Assert.That(policy.Refuses(3, layout), Is.Null, "a file of an earlier build");
        Assert.That((policy with { Fingerprint = layout }).Refuses(3, second), Is.Null, "a policy of an earlier build");
        Assert.That(policy.Refuses(3, second), Does.Contain(first).And.Contain(second).And.Contain("(a model of the same configuration with other weights)"));
        Assert.That((policy with { AnyProcessing = true }).Refuses(3, second), Does.Contain("other weights"));
        Assert.That(policy.Refuses(3, layout + "+26d8858276263f27"), Does.Contain("loaded with other options"));
        Assert.That((policy with { AnyProcessing = true }).Refuses(3, layout + "+26d8858276263f27"), Is.Null);
        Assert.That(policy.Refuses(3, $"{new string('b', 64)}.0123456789abcdef"), Does.Not.Contain("other weights").And.Contain("got those"));
    }

    [Test]
    public void Any_AnyTokens_TakesThem() => Assert.That(EncoderIdentity.Any.Refuses(7, "cccc"), Is.Null);
}
