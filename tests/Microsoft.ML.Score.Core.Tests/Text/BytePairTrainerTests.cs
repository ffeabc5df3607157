namespace Microsoft.ML.Score.Text;

[TestFixture]
public class BytePairTrainerTests
{
    [Test]
    public void Train_HandWorkedCorpus_MergesMostFrequentPairsFirst()
    {
        // Pieces: "ab" 3x, " ab" 1x, " abc" 1x. (a,b) occurs 5 times; then (Ġ,ab) twice; then nothing occurs twice.
        var vocabulary = BytePairTrainer.Train(["ab", "ab ab", "ab abc"], 10);

        Assert.That(vocabulary.Merges, Is.EqualTo(new[] { ("a", "b"), ("Ġ", "ab") }));
    }

    [Test]
    public void Train_EqualCounts_TakesTheLowerPairOfIds()
    {
        Assert.That(BytePairTrainer.Train(["xy ab", "xy", "ab"], 1).Merges, Is.EqualTo(new[] { ("a", "b") }));
    }

    [Test]
    public void Train_CorpusInAnotherOrder_GivesTheSameMerges()
    {
        string[] corpus = ["the red circle moves left", "a blue square appears", "then the red circle leaves", "two squares move right"];

        Assert.That(BytePairTrainer.Train(corpus.Reverse(), 50).Merges, Is.EqualTo(BytePairTrainer.Train(corpus, 50).Merges));
    }

    [Test]
    public void Train_Ids_AreBytesThenMerges()
    {
        var vocabulary = BytePairTrainer.Train(["aaaa aaaa"], 2);

        Assert.That((vocabulary.Ids["!"], vocabulary.Ids["Ā"], vocabulary.Ids["aa"], vocabulary.Ids["aaaa"]), Is.EqualTo((0, 188, 256, 257)));
    }
}
