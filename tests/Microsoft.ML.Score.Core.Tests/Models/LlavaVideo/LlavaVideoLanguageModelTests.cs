using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>LLaVA-Video from a folder to an answer, on a random checkpoint.</summary>
[TestFixture]
internal sealed class LlavaVideoLanguageModelTests
{
    private const double Tolerance = 2e-4;
    private const string Question = "What is seen?";

    [Test]
    public void Encode_Clip_GivesOneStepAFrameWithItsTime()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var model = Load(checkpoint, new() { MaxFrames = 4 });

        var video = model.Encode(Clip());

        Assert.That(video.Grid, Is.EqualTo(new TokenGrid(4, 3, 3, 1.5)));
        Assert.That(video.Dimension, Is.EqualTo(RandomLlavaCheckpoint.Hidden));
        Assert.That(video.EncoderFingerprint, Is.EqualTo(model.Info.EncoderFingerprint).And.StartsWith(model.Info.Fingerprint + "+"));
        Assert.That(video.Times!.Seconds, Is.EqualTo(new[] { 0.0, 1.5, 3.0, 4.5 }));
        Assert.That(video.Times.VideoSeconds, Is.EqualTo(5.0));
    }

    [Test]
    public void Encode_Frames_DoNotSeeEachOther()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var model = Load(checkpoint, new() { MaxFrames = 4 });
        using var ofOne = Load(checkpoint, new() { MaxFrames = 1 });

        var whole = model.Encode(Clip());
        var first = ofOne.Encode(Clip());

        Assert.That(first.Vectors.ToArray(), Is.EqualTo(whole.Vectors[..first.Vectors.Length].ToArray()));
        Assert.That(whole.Vectors[first.Vectors.Length..].ToArray(), Is.Not.EqualTo(whole.Vectors[..^first.Vectors.Length].ToArray()));
    }

    [Test]
    public void CrossEntropy_KeptTokens_IsThatOfTheirSequenceWithNewlines(
        [Values("grid", "frame", "one_token", "no_token")] string newlinePosition, [Values] SpatialPoolMode poolMode)
    {
        using var checkpoint = new RandomLlavaCheckpoint(("mm_newline_position", newlinePosition));
        using var model = Load(checkpoint, new() { MaxFrames = 2, SpatialPoolMode = poolMode });
        var video = model.Encode(Clip());
        int[] some = [1, 2, video.Grid.TokensPerStep + 1];
        KeptTokens[] sets = [KeptTokens.All(video), KeptTokens.Gather(video, some), KeptTokens.Gather(video, Array.Empty<int>())];

        var losses = model.CrossEntropy(sets, Question, "A ball.");

        Assert.That(losses, Is.EqualTo(sets.Select(set => SlowCrossEntropy(checkpoint, set, Question, "A ball."))).Within(Tolerance));
        Assert.That(losses.Distinct().Count(), Is.EqualTo(sets.Length));
    }

    [Test]
    public void CrossEntropy_ScalarBackend_Agrees()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var simd = VideoModel.Load(checkpoint.Folder);
        using var scalar = VideoModel.Load(checkpoint.Folder, new VideoModelOptions { Backend = ComputeBackend.Scalar });
        var (video, scalarVideo) = (simd.Encode(Clip()), scalar.Encode(Clip()));

        Assert.That(video.Grid.TimeSteps, Is.EqualTo(64));
        Assert.That(video.Vectors.ToArray(), Is.EqualTo(scalarVideo.Vectors.ToArray()).Within(5e-4f));
        Assert.That(
            simd.CrossEntropy([KeptTokens.All(video)], Question, "No."),
            Is.EqualTo(scalar.CrossEntropy([KeptTokens.All(scalarVideo)], Question, "No.")).Within(Tolerance));
    }

    [Test]
    public void Generate_TwiceTheSame_RespectsTheLimit()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var model = Load(checkpoint, new() { MaxFrames = 3 });
        var kept = KeptTokens.Gather(model.Encode(Clip()), new[] { 0, 5, 20 });
        var options = new GenerationOptions { MaxNewTokens = 9 };

        var answer = model.Generate(kept, Question, options);

        Assert.That(model.Generate(kept, Question, options), Is.EqualTo(answer));
        Assert.That(answer.Length, Is.LessThanOrEqualTo(9));
    }

    [Test]
    public void Load_OtherPooling_MakesOtherTokensAndAnotherFingerprint()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var own = Load(checkpoint, new() { MaxFrames = 2 });
        using var same = Load(checkpoint, new() { MaxFrames = 2, SpatialPoolMode = SpatialPoolMode.Bilinear });
        using var average = Load(checkpoint, new() { MaxFrames = 2, SpatialPoolMode = SpatialPoolMode.Average });

        Assert.That(average.Encode(Clip()).Grid, Is.EqualTo(new TokenGrid(2, 2, 2, 4.5)));
        Assert.That(same.Info, Is.EqualTo(own.Info));
        Assert.That(average.Info.Fingerprint, Has.Length.EqualTo(64 + 1 + 16).And.Not.EqualTo(own.Info.Fingerprint));
    }

    [Test]
    public void CrossEntropy_PromptOptions_ChangeThePrompt()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        LlavaVideoOptions[] options = [new() { MaxFrames = 2 }, new() { MaxFrames = 2, AddTimeInstruction = true }, new() { MaxFrames = 2, NewLineAfterVideo = false }];

        var losses = options.Select(option =>
        {
            using var model = Load(checkpoint, option);
            return model.CrossEntropy([KeptTokens.All(model.Encode(Clip()))], Question, "A ball.")[0];
        }).ToArray();

        Assert.That(losses.Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void CrossEntropy_FullVocabulary_SharesTheProbabilityWithRowsThatHaveNoToken()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var model = Load(checkpoint, new() { MaxFrames = 2 });
        using var full = Load(checkpoint, new() { MaxFrames = 2, FullVocabulary = true });
        KeptTokens[] sets = [KeptTokens.All(model.Encode(Clip()))];

        Assert.That(full.CrossEntropy(sets, Question, "A ball.")[0], Is.GreaterThan(model.CrossEntropy(sets, Question, "A ball.")[0]));
    }

    [Test]
    public void CrossEntropy_TimeInstructionForTokensWithoutTimes_SaysWhatIsMissing()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        using var model = Load(checkpoint, new() { AddTimeInstruction = true });
        var kept = KeptTokens.All(new VideoTokens(new TokenGrid(2, 3, 3), RandomLlavaCheckpoint.Hidden, new float[18 * RandomLlavaCheckpoint.Hidden]));

        Assert.That(() => model.CrossEntropy([kept], Question, "A"), Throws.ArgumentException.With.Message.Contains("AddTimeInstruction").And.Message.Contains("StepTimes"));
        Assert.That(() => model.Generate(kept, Question), Throws.ArgumentException.With.Message.Contains("2x3x3"));
    }

    [Test]
    public void CrossEntropy_PromptBeyondTheModelsLength_NamesTheNumbers()
    {
        using var checkpoint = new RandomLlavaCheckpoint(("tokenizer_model_max_length", 100));
        using var model = Load(checkpoint, new() { MaxFrames = 6 });
        var kept = KeptTokens.Gather(model.Encode(Clip()), new[] { 0 });

        Assert.That(
            () => model.CrossEntropy([kept], Question, "A"),
            Throws.ArgumentException.With.Message.Contains("54 visual tokens of the grid 6x3x3, 18 newlines").And.Message.Contains("tokenizer_model_max_length is 100"));
    }

    [Test]
    public void Load_WrongOptions_SayWhich()
    {
        using var checkpoint = new RandomLlavaCheckpoint();

        Assert.That(() => Load(checkpoint, new() { MaxFrames = 0 }), Throws.ArgumentException.With.Message.Contains("MaxFrames"));
        Assert.That(() => Load(checkpoint, new() { SpatialPoolMode = (SpatialPoolMode)7 }), Throws.ArgumentException.With.Message.Contains("7"));
    }

    [Test]
    public void Load_VocabularySmallerThanTheTokenizer_NamesBoth()
    {
        using var checkpoint = new RandomLlavaCheckpoint(("vocab_size", 258));

        Assert.That(() => VideoModel.Load(checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("259").And.Message.Contains("258"));
    }

    private static IVideoLanguageModel Load(RandomLlavaCheckpoint checkpoint, LlavaVideoOptions options) =>
        VideoModel.Load(checkpoint.Folder, new VideoModelOptions { LlavaVideo = options });

    /// <summary>The sequence written out: every row with its place among all rows of the video, newlines counted and dropped with their runs.</summary>
    private static double SlowCrossEntropy(RandomLlavaCheckpoint checkpoint, KeptTokens kept, string question, string target)
    {
        var files = CheckpointFiles.FromFolder(checkpoint.Folder);
        var kernels = new ScalarKernels();
        var tokenizer = Tokenizer.Load(files);
        using var model = LlavaVideoModel.Load(files, checkpoint.Config, kernels, tokenizer.VocabularySize);
        var dimension = kept.Dimension;
        var rows = new List<(int Position, float[] Vector)>();
        var position = 0;
        void AddText(int[] ids)
        {
            using var embeddings = model.LanguageModel.Embed(ids);
            var values = new float[ids.Length * dimension];
            kernels.Download(embeddings, values);
            rows.AddRange(values.Chunk(dimension).Select(vector => (position++, vector)));
        }

        AddText(tokenizer.Encode("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"));
        var grid = kept.Grid;
        var run = checkpoint.Config.MmNewlinePosition switch
        {
            NewlinePosition.Grid => grid.Width,
            NewlinePosition.Frame => grid.TokensPerStep,
            NewlinePosition.OneToken => grid.Count,
            _ => int.MaxValue,
        };
        var mask = kept.ToMask();
        var next = 0;
        for (var token = 0; token < grid.Count; token++, position++)
        {
            if (mask[token])
                rows.Add((position, kept.Vectors.Slice(next++ * dimension, dimension).ToArray()));
            if ((token + 1) % run == 0 && mask[(token + 1 - run)..(token + 1)].Contains(true))
                rows.Add((++position, model.ImageNewline.ToArray()));
            else if ((token + 1) % run == 0)
                position++;
        }

        var answer = tokenizer.Encode(target + "<|im_end|>");
        AddText([.. tokenizer.Encode($"\n{question}<|im_end|>\n<|im_start|>assistant\n"), .. answer[..^1]]);
        using var input = kernels.Upload(rows.SelectMany(row => row.Vector).ToArray(), rows.Count, dimension);
        using var table = RotaryTable.Sequential(kernels, checkpoint.Config.TextConfig.RopeTheta, checkpoint.Config.TextConfig.HeadDim, position);
        using var rotary = table.Gather(kernels, rows.Select(row => row.Position).ToArray());
        using var hidden = model.LanguageModel.Forward(input, rotary, PackedBatch.Single(rows.Count));
        using var last = kernels.Gather(hidden, Enumerable.Range(rows.Count - answer.Length, answer.Length).ToArray());
        using var logits = model.LanguageModel.Logits(last);
        var values = new float[logits.Rows * logits.Columns];
        kernels.Download(logits, values);
        return values.Chunk(logits.Columns).Zip(answer, (row, id) => Math.Log(row.Sum(logit => Math.Exp(logit))) - row[id]).Average();
    }

    private static FrameClip Clip()
    {
        var rgb = new byte[10 * 18 * 30 * 3];
        new Random(5).NextBytes(rgb);
        return new FrameClip(rgb, 10, 18, 30, 2);
    }
}
