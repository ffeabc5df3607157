using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>A checkpoint that differs in a byte, or holds a state that no run reaches, is refused; the message says what to do.</summary>
[TestFixture]
public class TrainerCheckpointTests
{
    private static readonly TrainerOptions s_options = ScoreTrainerTests.Small();
    private static readonly PolicyNetwork s_start = PolicyNetwork.Initialize(PlantedModel.Dimension, 4, encoderFingerprint: "0123abcd");
    private static readonly string s_zeros = new('0', 64);

    private TemporaryFolder _folder = null!;

    private string Path => _folder.File("checkpoint.safetensors");

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Load_Saved_RestoresEverything(int stage)
    {
        var saved = Save(State((TrainingStage)stage));
        var loaded = Load();

        Assert.That(
            (loaded.Stage, loaded.StepInStage, loaded.Step, loaded.ValidatedStep, loaded.StaleValidations, loaded.BestCrossEntropy),
            Is.EqualTo((saved.Stage, saved.StepInStage, saved.Step, saved.ValidatedStep, saved.StaleValidations, saved.BestCrossEntropy)));
        Assert.That(loaded.Policy.Parameters.ToArray(), Is.EqualTo(saved.Policy.Parameters.ToArray()));
        Assert.That(loaded.Adam.FirstMoment, Is.EqualTo(saved.Adam.FirstMoment));
        Assert.That(loaded.Adam.SecondMoment, Is.EqualTo(saved.Adam.SecondMoment));
        Assert.That(loaded.Best!.Parameters.ToArray(), Is.EqualTo(saved.Best!.Parameters.ToArray()));
        Assert.That(loaded.BaseCrossEntropy.Values, Is.EqualTo(saved.BaseCrossEntropy.Values));
        Assert.That(loaded.Recent, Is.EqualTo(saved.Recent));
        Assert.That(
            (loaded.BestStep, loaded.UntrainedCrossEntropy, loaded.IsFinished, loaded.Rows.Count, loaded.Rows.Stills, Convert.ToHexString(loaded.Rows.Hash)),
            Is.EqualTo((saved.BestStep, saved.UntrainedCrossEntropy, saved.IsFinished, saved.Rows.Count, saved.Rows.Stills, Convert.ToHexString(saved.Rows.Hash))));
    }

    [Test]
    public void IsCheckpointFile_FilesOfManyKinds_KnowsCheckpointsOfEveryVersion()
    {
        Save(State(TrainingStage.Main));
        SafetensorsWriter.Write(_folder.File("earlier"), [], new Dictionary<string, string> { ["format"] = "score-checkpoint/1" });
        PolicyNetwork.Initialize(dimension: 2).Save(_folder.File("policy"));
        SafetensorsWriter.Write(_folder.File("bare"), []);
        File.WriteAllText(_folder.File("text"), "score-checkpoint/2");

        Assert.That(new[] { Path, _folder.File("earlier") }.Where(ScoreTrainer.IsCheckpointFile).Count(), Is.EqualTo(2));
        Assert.That(new[] { "policy", "bare", "text" }.Where(name => ScoreTrainer.IsCheckpointFile(_folder.File(name))), Is.Empty);
    }

    [TestCase(1)]
    [TestCase(255)]
    [TestCase(32)]
    [TestCase((byte)(' ' ^ '\t'))] // white space for white space, which leaves the header's meaning as it was
    public void Load_AnyByteChanged_IsInvalidData(byte flipped)
    {
        Save(State(TrainingStage.Main));
        var bytes = File.ReadAllBytes(Path);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= flipped;
            File.WriteAllBytes(Path, bytes);
            bytes[i] ^= flipped;
            Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(Path).And.Message.Contains("to start anew"), $"byte {i}");
        }
    }

    [Test]
    public void Load_CutOffAnywhereOrLonger_IsInvalidData()
    {
        Save(State(TrainingStage.Main));
        var bytes = File.ReadAllBytes(Path);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(Path, bytes[..length]);
            Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("to start anew"), $"{length} bytes");
        }

        File.WriteAllBytes(Path, [.. bytes, 0]);
        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Fit_AnyByteOfARealCheckpointChanged_NeverGoesOn()
    {
        var options = s_options with { CheckpointFolder = _folder.Path };
        ScoreTrainerTests.Train(options);
        var bytes = File.ReadAllBytes(Path);
        var model = new PlantedModel();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 4;
            File.WriteAllBytes(Path, bytes);
            bytes[i] ^= 4;
            Assert.That(() => ScoreTrainerTests.Train(options, model: model), Throws.TypeOf<InvalidDataException>(), $"byte {i}");
        }

        Assert.That(model.Calls, Is.Zero);
    }

    // A stage 1 of 3 + 4 steps, after 2 of its own.
    [TestCase("stage", "7")]
    [TestCase("stage", "-1")]
    [TestCase("stage", "2")]
    [TestCase("stage", "0")]
    [TestCase("stage", "Main")]
    [TestCase("stage", "01")]
    [TestCase("step_in_stage", "-1")]
    [TestCase("step_in_stage", "5")]
    [TestCase("step_in_stage", "3")]
    [TestCase("step_in_stage", "+2")]
    [TestCase("step_in_stage", "2.0")]
    [TestCase("step", "4")]
    [TestCase("step", "0")]
    [TestCase("step", "2147483647")]
    [TestCase("step", " 5")]
    [TestCase("validated_step", "6")]
    [TestCase("validated_step", "-2")]
    [TestCase("validated_step", "-1", "stale_validations")]
    [TestCase("stale_validations", "-1")]
    [TestCase("stale_validations", "4")]
    [TestCase("best_cross_entropy", "NaN")]
    [TestCase("best_cross_entropy", "Infinity")]
    [TestCase("best_cross_entropy", "1e999")]
    [TestCase("best_cross_entropy", "1,5")]
    [TestCase("best_cross_entropy", "")]
    [TestCase("hidden_width", "2147483647")]
    [TestCase("hidden_width", "5")]
    [TestCase("hidden_width", "4 ")]
    [TestCase("use_residual", "True")]
    [TestCase("use_normalization", "trux")]
    [TestCase("use_normalization", "false")]
    [TestCase("best_step", "3", "best_step")]
    [TestCase("best_step", "-1", "best_step")]
    [TestCase("untrained_cross_entropy", "NaN", "untrained_cross_entropy")]
    [TestCase("untrained_cross_entropy", "none", "untrained_cross_entropy")]
    [TestCase("rows", "-1")]
    [TestCase("stills", "4")]
    [TestCase("rows_sha256", "00", "rows_sha256")]
    [TestCase("finished", "true")]
    [TestCase("finished", "yes")]
    [TestCase("note", "one more")]
    [TestCase("identity.Other", "1")]
    public void Load_OneFieldOfNoRun_NamesIt(string key, string value, string? named = null)
    {
        Save(State(TrainingStage.Main));
        Reseal(metadata => metadata[key] = value);

        // A stage or step that fits no more shows as the steps that do not add up.
        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(Path).And.Message.Contains("Delete it to start anew")
            .And.Message.Contains(named is null ? key.Split('_')[0] : named));
    }

    [Test]
    public void Load_FieldMissing_NamesIt(
        [Values("stage", "step_in_stage", "step", "validated_step", "stale_validations", "best_cross_entropy", "hidden_width", "use_residual", "use_normalization", "best_step", "untrained_cross_entropy",
            "rows", "stills", "rows_sha256", "finished")] string key)
    {
        Save(State(TrainingStage.Main));
        Reseal(metadata => metadata.Remove(key));

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"'{key}'").And.Message.Contains("(nothing)"));
    }

    [TestCase("policy", float.NaN)]
    [TestCase("best", float.PositiveInfinity)]
    [TestCase("adam.first_moment", float.NegativeInfinity)]
    [TestCase("adam.second_moment", float.NaN)]
    [TestCase("adam.second_moment", -1e-9f)]
    public void Load_ValueOfNoRun_NamesTensorAndPlace(string tensor, float value)
    {
        Save(State(TrainingStage.Main));
        Reseal(replace: data => data.Name == tensor ? Singles(tensor, [.. Enumerable.Repeat(0.5f, 56), value]) : data);

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"'{tensor}'").And.Message.Contains("at index 56"));
    }

    [Test]
    public void Load_TensorOfOtherShapeTypeOrName_IsInvalidData(
        [Values("policy", "best", "adam.first_moment", "adam.second_moment", "base_cross_entropy.keys", "base_cross_entropy.values", "recent")] string tensor,
        [Values("shape", "rank", "type", "name", "more")] string fault)
    {
        Save(State(TrainingStage.Main));
        Reseal(
            replace: data => data.Name != tensor ? data : fault switch
            {
                "shape" => Singles(tensor, new float[58]),
                "rank" => TensorData.FromSingle(tensor, [1, 57], new float[57]),
                "type" => TensorData.FromSingle(tensor, [57], new float[57], TensorType.BF16),
                "name" => Singles("other", new float[57]),
                _ => data,
            },
            more: fault == "more" ? [Singles("another", [1])] : []);

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(fault == "more" ? "another" : tensor.Split('.')[0]));
    }

    [TestCase(7, 7, 1.0, "distinct keys")]
    [TestCase(7, 8, double.NaN, "finite values")]
    [TestCase(7, 8, double.PositiveInfinity, "finite values")]
    public void Load_BaseCrossEntropyOfNoRun_IsInvalidData(long first, long second, double value, string message)
    {
        Save(State(TrainingStage.Main));
        Reseal(replace: data => data.Name switch
        {
            "base_cross_entropy.keys" => TensorData.FromInt64(data.Name, [2], [first, second]),
            "base_cross_entropy.values" => new TensorData(data.Name, TensorType.F64, [2], new[] { 1.0, value }.SelectMany(BitConverter.GetBytes).ToArray()),
            _ => data,
        });

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(message));
    }

    [TestCase(0.5, double.NaN, "finite values")]
    [TestCase(1.5, 0, "shares from 0 to 1")]
    [TestCase(0.5, -1, "shares from 0 to 1")]
    public void Load_RecentStepsOfNoRun_AreInvalidData(double safeShare, double deviation, string message)
    {
        Save(State(TrainingStage.Main));
        double[] step = [1, safeShare, 0, 0, 0.1, 0, deviation];
        Reseal(replace: data => data.Name == "recent"
            ? new TensorData(data.Name, TensorType.F64, [14], Enumerable.Repeat(step, 2).SelectMany(values => values).SelectMany(BitConverter.GetBytes).ToArray())
            : data);

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'recent'").And.Message.Contains(message));
    }

    [TestCase("score-checkpoint/1")]
    [TestCase("score-checkpoint/2")]
    public void Load_CheckpointOfAnEarlierVersion_SaysSo(string format)
    {
        Save(State(TrainingStage.Main));
        Reseal(metadata => { metadata["format"] = format; metadata.Remove("checksum"); });

        Assert.That(() => Load(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("of an earlier version").And.Message.Contains("to start anew"));
    }

    [TestCase(1, 1, 0, true)]  // the warm-up ended early
    [TestCase(1, 4, 4, true)]
    [TestCase(2, 2, 0, true)]
    [TestCase(2, 7, 0, true)]
    [TestCase(1, 1, 2, false)] // fewer steps than those of the stage
    [TestCase(0, 3, 2, false)]
    public void Load_StepsWithPatience_MayStopEarlyButNotBeNegative(int stage, int step, int stepInStage, bool accepted)
    {
        var options = s_options with { Patience = 1 };
        var state = State(TrainingStage.Main);
        (state.Stage, state.Step, state.StepInStage, state.ValidatedStep, state.StaleValidations, state.BestStep) = ((TrainingStage)stage, step, stepInStage, step, 0, step);
        state.Recent.Clear();
        state.Recent.AddRange(Enumerable.Repeat(default(StepSigns), stepInStage > 0 ? stepInStage : step));
        TrainerCheckpoint.Save(Path, state, options.Identity());

        Assert.That(
            () => TrainerCheckpoint.Load(Path, options.Identity(), options, s_start).Step,
            accepted ? Is.EqualTo(step) : Throws.TypeOf<InvalidDataException>().With.Message.Contains("'step'"));
    }

    private static TensorData Singles(string name, float[] values) => TensorData.FromSingle(name, [values.Length], values);

    private static TrainerState State(TrainingStage stage)
    {
        var policy = PolicyNetwork.Initialize(PlantedModel.Dimension, 4, seed: 2, encoderFingerprint: "0123abcd");
        var adam = new Adam(policy.Parameters.Length);
        adam.Update(policy.Parameters, PolicyNetwork.Initialize(PlantedModel.Dimension, 4, seed: 3).Parameters, 0.1, 1);
        var stepInStage = stage > TrainingStage.Main ? 0 : 2;
        return new TrainerState
        {
            Policy = policy,
            Adam = adam,
            BaseCrossEntropy = new BaseCrossEntropy { Values = new() { [long.MinValue] = 1.25, [7] = 0.1 + 0.2 } },
            Stage = stage,
            StepInStage = stepInStage,
            Step = stage switch { TrainingStage.WarmUp => 2, TrainingStage.Main => 5, _ => 7 },
            ValidatedStep = 2,
            StaleValidations = stage > TrainingStage.Main ? 0 : 1,
            Best = PolicyNetwork.Initialize(PlantedModel.Dimension, 4, seed: 4, encoderFingerprint: "0123abcd"),
            BestCrossEntropy = 1 / 3.0,
            BestStep = 2,
            UntrainedCrossEntropy = 2 / 3.0,
            Recent = [.. Enumerable.Range(1, stage switch { TrainingStage.WarmUp => 2, TrainingStage.Main => 2, _ => 7 }).Select(i => new StepSigns(i, 1.0 / i, 0, 0.25, 0.5, -i, i))],
            Rows = SeenRows.Of(3, 2, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]),
        };
    }

    private TrainerState Save(TrainerState state)
    {
        TrainerCheckpoint.Save(Path, state, s_options.Identity());
        return state;
    }

    private TrainerState Load() => TrainerCheckpoint.Load(Path, s_options.Identity(), s_options, s_start);

    /// <summary>Writes the file anew with something changed and a checksum that is right: what a hand, not a broken disk, would do.</summary>
    private void Reseal(Action<Dictionary<string, string>>? change = null, Func<TensorData, TensorData>? replace = null, TensorData[]? more = null)
    {
        Dictionary<string, string> metadata;
        List<TensorData> tensors = [];
        using (var file = SafetensorsFile.Open(Path))
        {
            metadata = file.Metadata.ToDictionary();
            foreach (var (name, entry) in file.Tensors.OrderBy(pair => pair.Value.Offset))
                tensors.Add(new TensorData(name, entry.Type!.Value, [.. entry.Shape.Select(size => (int)size)], file.Bytes(name).ToArray()));
        }

        metadata["checksum"] = s_zeros;
        change?.Invoke(metadata);
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [.. tensors.Select(replace ?? (data => data)), .. more ?? []], metadata);
        var latin = Encoding.Latin1;
        var text = latin.GetString(stream.ToArray());
        var checksum = Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
        File.WriteAllBytes(Path, latin.GetBytes(text.Replace(s_zeros, checksum, StringComparison.Ordinal)));
    }
}
