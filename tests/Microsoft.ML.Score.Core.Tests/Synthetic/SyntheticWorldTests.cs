using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Synthetic;

[TestFixture]
public class SyntheticWorldTests
{
    /// <summary>SHA-256 over frames, caption and questions: a change here changes the clips, and every number reported on them.</summary>
    [TestCase(VideoLength.Short, "e778b562477c7fd76af728b96e6a0ba66b41f590ed5e96167c731f9ec0ba1954")]
    [TestCase(VideoLength.Medium, "76424f4c9d1fdbddc30c2e8d15c222ac54b577e0024477baad3cb1e0f2f2d47a")]
    [TestCase(VideoLength.Long, "db3a45e0ffaa65bf3a2c54baa45eabe7556103c4977ee040b2bf1a121069bd6a")]
    public void Generate_SameArguments_GiveTheCommittedBytes(VideoLength length, string expected)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var index = 0; index < 4; index++)
        {
            var video = SyntheticWorld.Generate(SyntheticSplit.Validation, length, index);
            hash.AppendData(Frames(video));
            hash.AppendData(Encoding.UTF8.GetBytes(video.Caption + string.Concat(SyntheticQuestions.Of(video).Select(q => q.Text + q.Answer + q.Category))));
        }

        Assert.That(Convert.ToHexStringLower(hash.GetHashAndReset()), Is.EqualTo(expected));
    }

    [Test]
    public void GenerateImage_SameArguments_GiveTheCommittedBytes()
    {
        var images = Enumerable.Range(0, 8).Select(index => SyntheticWorld.GenerateImage(SyntheticSplit.Validation, index));

        var bytes = images.SelectMany(image => Frames(image).Concat(Encoding.UTF8.GetBytes(image.Caption))).ToArray();

        Assert.That(Convert.ToHexStringLower(SHA256.HashData(bytes)), Is.EqualTo("e73244fc9e00658a0503cdf827322b59fb9dd46c053ecf9c3004273c1202967f"));
    }

    [Test]
    public void Generate_SplitsLengthsAndIndices_AreAllDifferent()
    {
        var clips = Enum.GetValues<SyntheticSplit>().SelectMany(split => Enumerable.Range(0, 50).SelectMany(index =>
            Enum.GetValues<VideoLength>()[..2].Select(length => (SyntheticClip)SyntheticWorld.Generate(split, length, index)).Append(SyntheticWorld.GenerateImage(split, index)))).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(clips.Select(clip => clip.Id), Is.Unique);
            Assert.That(clips.Select(clip => Convert.ToHexString(SHA256.HashData(Frames(clip)))), Is.Unique);
        });
    }

    [TestCase(VideoLength.Short, 8)]
    [TestCase(VideoLength.Medium, 24)]
    [TestCase(VideoLength.Long, 64)]
    public void Generate_Length_GivesItsGridAndFrames(VideoLength length, int steps)
    {
        var video = SyntheticWorld.Generate(SyntheticSplit.Test, length, 7);

        Assert.Multiple(() =>
        {
            Assert.That(video.Length, Is.EqualTo(length));
            Assert.That(video.Grid, Is.EqualTo(new Tokens.TokenGrid(steps, 6, 6, 1.0)));
            Assert.That((video.Clip.FrameCount, video.Clip.Height, video.Clip.Width, video.Clip.FramesPerSecond), Is.EqualTo((2 * steps, 48, 48, 2.0)));
            Assert.That(video.TokenLabels.Length, Is.EqualTo(36 * steps));
        });
    }

    [TestCase(8, 3)]
    [TestCase(11, 5)]
    [TestCase(128, 3)]
    [TestCase(1024, 1)]
    public void Generate_StepsAndObjects_ShowsSoManyObjectsInSoManySteps(int steps, int objects)
    {
        foreach (var index in Enumerable.Range(0, 20))
        {
            var video = SyntheticWorld.Generate(SyntheticSplit.Test, steps, objects, index);

            Assert.That(video.Grid.TimeSteps, Is.EqualTo(steps));
            Assert.That(new WitnessedVideo(video.TokenLabels.ToArray()).Objects.Count(), Is.EqualTo(objects));
            Assert.That(video.Id, Is.EqualTo($"test-{steps}-steps-{objects}-objects-{index}"));
        }
    }

    [TestCase(7, 1, "steps")]
    [TestCase(1025, 1, "steps")]
    [TestCase(8, 4, "objects")]
    [TestCase(64, 6, "objects")]
    [TestCase(64, 0, "objects")]
    public void Generate_StepsOrObjectsOutOfRange_NamesWhich(int steps, int objects, string name) =>
        Assert.That(
            () => SyntheticWorld.Generate(SyntheticSplit.Test, steps, objects, 0),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(name));

    [Test]
    public void KindOf_EveryToken_IsWhatItsLabelShows() => ForAnyVideo(video => Enumerable.Range(0, video.Grid.Count).All(token =>
    {
        var label = video.TokenLabels.Span[token];
        return video.KindOf(token) == (TokenLabel.IsObject(label) ? TokenKind.Object : label == 0 ? TokenKind.Background : TokenKind.Misleading);
    }));

    [Test]
    public void Generate_AnyVideo_HasFewObjectTokens() => ForAnyVideo(video =>
        video.TokenLabels.ToArray().Count(TokenLabel.IsObject) < 0.08 * video.Grid.Count);

    [Test]
    public void Generate_AnyCaption_TellsTheObjectsInOrder() => ForAnyVideo(video =>
        Told(video.Caption).SequenceEqual(new WitnessedVideo(video.TokenLabels.ToArray()).Objects.Select(o => $"{o.Colours[0]} {o.Shape} {o.Motion}{string.Concat(o.Colours.Skip(1).Select(c => " " + c))}")));

    [Test]
    public void Generate_ManyClips_ShareASmallVocabulary()
    {
        var videos = Enumerable.Range(0, 300).Select(index => SyntheticWorld.Generate(SyntheticSplit.ModelTraining, VideoLength.Medium, index)).ToList();

        var texts = videos.SelectMany(video => SyntheticQuestions.Of(video).Select(question => question.Text).Append(video.Caption));
        var words = texts.SelectMany(text => text.Split([' ', '.', ',', ':', '?'], StringSplitOptions.RemoveEmptyEntries)).ToHashSet();

        Assert.Multiple(() =>
        {
            Assert.That(words, Has.Count.InRange(80, 100));
            Assert.That(videos.Select(video => video.Caption).Distinct().Count(), Is.EqualTo(videos.Count));
        });
    }

    [Test]
    public void GenerateImage_AnyImage_HasOneStepAndTellsItsObjects() =>
        Prop.ForAll(Indices(), index =>
        {
            var image = SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, index);
            var seen = new WitnessedVideo(image.TokenLabels.ToArray()).Objects.Select(o => $"{o.Colours[0]} {o.Shape} nowhere");
            return image.Grid.TimeSteps == 1 && Told(image.Caption).SequenceEqual(seen);
        }).QuickCheckThrowOnFailure();

    /// <summary>Objects are plainly coloured and background is not; distractors have the colours of objects, but in stripes.</summary>
    [Test]
    public void Generate_Tokens_AreColouredAsTheirLabelsSay()
    {
        for (var index = 0; index < 20; index++)
        {
            var video = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index);
            var frames = Frames(video);
            var labels = video.TokenLabels.Span;
            for (var token = 0; token < labels.Length; token++)
            {
                var expected = labels[token] switch
                {
                    TokenLabel.Background => Is.Zero,
                    TokenLabel.Distractor => Is.EqualTo(32),
                    _ => (NUnit.Framework.Constraints.IConstraint)Is.InRange(20, 64),
                };
                Assert.That(SaturatedPixels(frames, token), expected, $"{video.Id}, token {token}, label {labels[token]}");
            }
        }
    }

    [Test]
    public void Generate_BadArguments_Throw()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => SyntheticWorld.Generate((SyntheticSplit)4, VideoLength.Short, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => SyntheticWorld.Generate(SyntheticSplit.Test, (VideoLength)3, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => SyntheticWorld.GenerateImage(SyntheticSplit.Test, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    internal static void ForAnyVideo(Func<SyntheticVideo, bool> holds)
    {
        Prop.ForAll(Indices(), index => holds(SyntheticWorld.Generate(SyntheticSplit.ModelTraining, VideoLength.Short, index))).QuickCheckThrowOnFailure();
        Prop.ForAll(Indices(), index => holds(SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Medium, index))).QuickCheckThrowOnFailure();
        Prop.ForAll(Indices(), index => holds(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Long, index))).QuickCheckThrowOnFailure();
    }

    private static Arbitrary<int> Indices() => Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    private static byte[] Frames(SyntheticClip clip) => [.. clip.Clip.ReadFrames([.. Enumerable.Range(0, clip.Clip.FrameCount)]).SelectMany(frame => frame.ToArray())];

    private static int SaturatedPixels(byte[] frames, int token)
    {
        var (frame, top, left) = (token / 36 * 2, token / 6 % 6 * 8, token % 6 * 8);
        var count = 0;
        for (var y = top; y < top + 8; y++)
        {
            for (var x = left; x < left + 8; x++)
            {
                var pixel = frames.AsSpan(((frame * 48 + y) * 48 + x) * 3, 3);
                if (Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])) - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2])) > 125)
                    count++;
            }
        }

        return count;
    }

    /// <summary>Reads a caption back: "colour shape motion" and the new colour of each sentence, in canonical words.</summary>
    private static IEnumerable<string> Told(string caption)
    {
        string[] fillers = ["a", "one", "then", "next", "later", "now", "bright", "little", "and"];
        var meaning = new Dictionary<string, string>
        {
            ["crimson"] = "red",
            ["golden"] = "yellow",
            ["jade"] = "green",
            ["turquoise"] = "cyan",
            ["cobalt"] = "blue",
            ["violet"] = "purple",
            ["disc"] = "circle",
            ["box"] = "square",
            ["wedge"] = "triangle",
            ["plus"] = "cross",
            ["leftward"] = "left",
            ["rightward"] = "right",
            ["upward"] = "up",
            ["downward"] = "down",
            ["here"] = "nowhere",
            ["there"] = "nowhere",
        };
        string[] verbs = ["moves", "slides", "glides", "drifts", "stays", "rests", "waits", "remains", "turns", "becomes", "goes"];
        foreach (var sentence in caption.Split('.', StringSplitOptions.RemoveEmptyEntries))
            yield return string.Join(' ', sentence.Trim().ToLowerInvariant().Split(' ').Except([.. fillers, .. verbs]).Select(word => meaning.GetValueOrDefault(word, word)));
    }
}
