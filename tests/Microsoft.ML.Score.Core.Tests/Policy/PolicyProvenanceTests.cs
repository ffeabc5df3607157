using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Policy;

/// <summary>A policy's file says where the policy came from, and is read strictly.</summary>
[TestFixture]
public class PolicyProvenanceTests
{
    private static readonly TrainingRow[] s_rows = [.. Enumerable.Range(0, 6).Select(i => PlantedModel.Example(i, i % 3 == 0 ? 1 : 5))];
    private static readonly TrainingRow[] s_heldOut = [.. Enumerable.Range(90, 2).Select(i => PlantedModel.Example(i, 5))];

    private static readonly TrainerOptions s_options = new()
    {
        Seed = -7,
        WarmUpSteps = 3,
        MainSteps = 4,
        BatchSize = 2,
        Rollouts = 4,
        HiddenWidth = 4,
        ValidationInterval = 2,
        RetentionRatio = 0.125,
    };

    [Test]
    public void Parse_TrainedPolicy_GivesWhatTrainingWas()
    {
        var model = new PlantedModel { Info = new("/models/of mine/planted/", "0123abcd", PlantedModel.Dimension) };
        var result = new ScoreTrainer(model, s_options).Fit(s_rows, s_heldOut);

        var origin = PolicyNetwork.Parse(result.Policy.ToBytes(), "p").Provenance!;

        Assert.That((origin.Model, origin.ModelFingerprint, origin.Seed, origin.WarmUpSteps, origin.MainSteps, origin.RetentionRatio, origin.InitialPolicy),
            Is.EqualTo(("planted", "0123abcd", -7, 3, 4, 0.125, (string?)null)));
        Assert.That(origin.Version, Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That((origin.Rows, origin.Stills), Is.EqualTo((6, 2)));
        Assert.That(origin.RowsHash, Is.EqualTo(Convert.ToHexStringLower(s_rows.Aggregate(
            new byte[32], (before, row) => SHA256.HashData([.. before, row.IsStill ? (byte)1 : (byte)0, .. Encoding.UTF8.GetBytes(row.Caption)])))));
        Assert.That(origin.ValidationCrossEntropy, Is.EqualTo(result.BestCrossEntropy));
        Assert.That(origin.UntrainedCrossEntropy, Is.GreaterThanOrEqualTo(origin.ValidationCrossEntropy!.Value));
        Assert.That(origin.KeptStep, Is.InRange(0, 7));
    }

    [Test]
    public void Fit_WithoutValidationFromAnotherPolicy_SaysSo()
    {
        var initial = PolicyNetwork.Initialize(PlantedModel.Dimension, 4);

        var origin = new ScoreTrainer(new PlantedModel(), s_options with { UseMainStage = false }).Fit(s_rows, initialPolicy: initial).Policy.Provenance!;

        Assert.That((origin.WarmUpSteps, origin.MainSteps, origin.KeptStep, origin.ValidationCrossEntropy, origin.UntrainedCrossEntropy), Is.EqualTo((3, 0, 3, (double?)null, (double?)null)));
        Assert.That(origin.InitialPolicy, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(initial.ToBytes()))));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void ToBytes_SameTraining_AreTheSameWhoeverScores(int concurrentVideos)
    {
        byte[] Bytes(int concurrent) => new ScoreTrainer(new PlantedModel(), s_options with { ConcurrentVideos = concurrent }).Fit(s_rows, s_heldOut).Policy.ToBytes();

        Assert.That(Bytes(concurrentVideos), Is.EqualTo(Bytes(1)));
    }

    [Test]
    public void Load_PolicyOfAnEarlierVersion_HasNoProvenanceAndKeepsItsBytes()
    {
        var path = Path.Combine(RepositoryFolder.Root, "tests", "Microsoft.ML.Score.Core.Tests", "StoredFiles", "policy-tiny.safetensors");

        var policy = PolicyNetwork.Load(path);

        Assert.That(policy.Provenance, Is.Null);
        Assert.That(policy.ToBytes(), Is.EqualTo(File.ReadAllBytes(path)));
    }

    [TestCase("seed", "07")]
    [TestCase("seed", "1e3")]
    [TestCase("seed", "9999999999")]
    [TestCase("seed", null)]
    [TestCase("warm_up_steps", "-1")]
    [TestCase("main_steps", "many")]
    [TestCase("kept_step", "8")]
    [TestCase("retention_ratio", "NaN")]
    [TestCase("retention_ratio", "0")]
    [TestCase("retention_ratio", "1.5")]
    [TestCase("rows", "-1")]
    [TestCase("stills", "7")]
    [TestCase("rows_sha256", "abc")]
    [TestCase("rows_sha256", null)]
    [TestCase("initial_policy", "None")]
    [TestCase("validation_cross_entropy", "Infinity")]
    [TestCase("validation_cross_entropy", "")]
    [TestCase("untrained_cross_entropy", "1,5")]
    [TestCase("version", "")]
    [TestCase("model", "a\u001b[2J")]
    [TestCase("model", null)]
    public void Parse_FieldOutOfRange_NamesFileAndField(string key, string? value)
    {
        var bytes = Changed(metadata =>
        {
            metadata.Remove("provenance." + key);
            if (value is not null)
                metadata.Add("provenance." + key, value);
        });

        Assert.That(() => PolicyNetwork.Parse(bytes, "mine.safetensors"), Throws.TypeOf<InvalidDataException>()
            .With.Message.Contains("'mine.safetensors'").And.Message.Contains($"'provenance.{key}'").And.Message.Contains("or train it anew").And.Property("Message").Length.LessThan(500));
    }

    [Test]
    public void Parse_LongName_IsRefusedBriefly() => Assert.That(
        () => PolicyNetwork.Parse(Changed(metadata => metadata["provenance.model"] = new string('m', 1_000_000)), "p"),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains("1 to 200 characters").And.Property("Message").Length.LessThan(500));

    [Test]
    public void Parse_FieldOfALaterVersion_IsPassedOver() =>
        Assert.That(PolicyNetwork.Parse(Changed(metadata => metadata["provenance.carbon"] = "3 kg"), "p").Provenance!.Seed, Is.EqualTo(-7));

    [Test]
    public void Parse_AnyByteChangedOrCutOff_ReadsOrRefuses()
    {
        var bytes = Trained();
        var allowance = 2 * DamagedFile.Allocated(() => PolicyNetwork.Parse(bytes, "p")) + 100 * bytes.Length;
        foreach (var variant in DamagedFile.Variants(bytes))
            DamagedFile.ReadsOrRefuses(variant, allowance, () => PolicyNetwork.Parse(variant, "p"));
    }

    [TestCase("", "unnamed")]
    [TestCase("a\u001b\nb", "ab")]
    public void Shortened_NameOfAnyOrigin_IsOneThatIsRead(string name, string expected) => Assert.That(ProvenanceFields.Shortened(name), Is.EqualTo(expected));

    private static byte[] Trained() => new ScoreTrainer(new PlantedModel(), s_options).Fit(s_rows, s_heldOut).Policy.ToBytes();

    private static byte[] Changed(Action<Dictionary<string, string>> change)
    {
        var policy = PolicyNetwork.Parse(Trained(), "p");
        var metadata = PolicyFile.Metadata(policy);
        change(metadata);
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, PolicyFile.Tensors(policy), metadata);
        return stream.ToArray();
    }
}
