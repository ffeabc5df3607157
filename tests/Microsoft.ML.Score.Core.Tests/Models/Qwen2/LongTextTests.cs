using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
public class LongTextTests
{
    /// <summary>One piece, and many: both would have taken a thousand times their size.</summary>
    [TestCase("x")]
    [TestCase("ab c ")]
    public void GenerateAndCrossEntropy_TextBeyondTheLimit_AreRefusedInLittleMemory(string repeated)
    {
        var text = string.Concat(Enumerable.Repeat(repeated, 20_000_000 / repeated.Length));
        var target = text[1..];
        using var model = VideoModel.Load("tiny");
        var kept = KeptTokens.All(new VideoTokens(new TokenGrid(1, 1, 1), model.Info.Dimension, new float[model.Info.Dimension]));

        DamagedFile.ReadsOrRefuses([], allowance: 16 << 20, () =>
        {
            Assert.That(() => model.Generate(kept, text), Throws.ArgumentException.With.Message.Contains("20000000 characters; at most 262144"));
            Assert.That(() => model.CrossEntropy([kept], text, "caption"), Throws.ArgumentException.With.Message.Contains("question has 20000000"));
            Assert.That(() => model.CrossEntropy([kept], "question", target), Throws.ArgumentException.With.Message.Contains("target has 19999999"));
        });
    }
}
