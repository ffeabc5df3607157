using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
internal sealed class PromptCacheTests
{
    private static readonly IKernels s_kernels = ComputeBackend.Scalar.Kernels;
    private readonly List<VideoPrompt> _created = [];
    private PromptCache _cache = new();

    [SetUp]
    public void Begin()
    {
        _cache = new PromptCache();
        _created.Clear();
    }

    [TearDown]
    public void End() => _cache.Dispose();

    [Test]
    public void Rent_SameKeyWithRoom_GivesThePromptAgain()
    {
        var first = Rent("a", 5);

        Assert.That(Rent("a", 5), Is.SameAs(first));
        Assert.That(Rent("a", 3), Is.SameAs(first));
        Assert.That(Rent("a", 6), Is.Not.SameAs(first));
        Assert.That(Rent("b", 5), Is.Not.SameAs(first));
    }

    [Test]
    public void Rent_TwoAtATime_GivesEachItsOwn()
    {
        using var first = _cache.Rent(Key("a"), 5, () => Create(5));
        using var second = _cache.Rent(Key("a"), 5, () => Create(5));

        Assert.That(second.Prompt, Is.Not.SameAs(first.Prompt));
    }

    [Test]
    public void Rent_MoreKeysThanItHolds_ForgetsTheOldest()
    {
        var first = Rent("0", 1);
        for (var i = 1; i <= 8; i++)
            Rent($"{i}", 1);

        Assert.That(Rent("8", 1), Is.SameAs(_created[8]));
        Assert.That(Rent("0", 1), Is.Not.SameAs(first));
    }

    [Test]
    public void Rent_LongPrompt_IsNotKept()
    {
        VideoPrompt Long() => new(new int[5000], [], RotaryTable.Sequential(s_kernels, 100, 4, 5001));
        VideoPrompt first;
        using (var lease = _cache.Rent(Key("a"), 1, Long))
            first = lease.Prompt;

        using var second = _cache.Rent(Key("a"), 1, Long);

        Assert.That(second.Prompt, Is.Not.SameAs(first));
    }

    private VideoPrompt Rent(string question, int continuation)
    {
        using var lease = _cache.Rent(Key(question), continuation, () => Create(continuation));
        return lease.Prompt;
    }

    private static PromptKey Key(string question) => new(new TokenGrid(1, 2, 2), null, question);

    private VideoPrompt Create(int continuation)
    {
        _created.Add(new VideoPrompt(new int[10], [], RotaryTable.Sequential(s_kernels, 100, 4, 10 + continuation)));
        return _created[^1];
    }
}
