using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Draws training sequences: videos with captions and questions, still images, and pseudo-videos made of stills. Sample i is a pure function of seed and i.</summary>
internal sealed class TrainingSamples(Recipe recipe, Tokenizer tokenizer)
{
    /// <summary>The category under which captions are scored.</summary>
    public const string CaptionCategory = "caption";

    private const int MostStills = 4;

    /// <summary>The sample with the given number.</summary>
    public TrainingSequence Draw(int index)
    {
        var random = new CounterRandom(recipe.Seed, index);
        var (video, streams) = DrawVideo(index, random);
        if (random.Uniform(8) < recipe.StretchShare)
            video = video.Stretch(1 + (recipe.MostStretch - 1) * random.Uniform(9));
        var retention = DrawRetention(random);
        var drops = new CounterRandom(recipe.Seed, index, 1);
        int[] kept = [.. Enumerable.Range(0, video.Grid.Count).Where(token => drops.Uniform(token) < retention[(int)TokenAttributes.KindOf(video.Attributes, token)])];
        return new TrainingSequence(tokenizer, video, kept.Length > 0 ? kept : [drops.Below(video.Grid.Count, video.Grid.Count)], streams);
    }

    /// <summary>A video with all its tokens, its caption and its questions.</summary>
    public TrainingSequence Whole(SyntheticVideo video)
    {
        var patches = VideoPatches.Cut(video);
        return new TrainingSequence(tokenizer, patches, [.. Enumerable.Range(0, patches.Grid.Count)], Streams(video));
    }

    /// <summary>The probability with which a token of each kind is kept: all tokens, one retention for all, or one for each kind.</summary>
    private double[] DrawRetention(CounterRandom random)
    {
        var mode = random.Uniform(1);
        if (mode < recipe.AllTokensShare)
            return [1, 1, 1];
        if (mode < recipe.AllTokensShare + recipe.ByKindShare)
            return [Math.Pow(random.Uniform(10), 3), Math.Pow(random.Uniform(11), 2), Math.Min(1, 0.3 + 1.4 * random.Uniform(12))];
        var retention = recipe.LowestRetention + (1 - recipe.LowestRetention) * random.Uniform(2);
        return [retention, retention, retention];
    }

    private (VideoPatches Video, List<TextStream> Streams) DrawVideo(int index, CounterRandom random)
    {
        var kind = random.Uniform(0);
        if (kind < recipe.ShortShare + recipe.MediumShare)
        {
            var length = kind < recipe.ShortShare ? VideoLength.Short : VideoLength.Medium;
            var video = SyntheticWorld.Generate(SyntheticSplit.ModelTraining, length, index);
            return (VideoPatches.Cut(video), Streams(video));
        }

        var isImage = kind < recipe.ShortShare + recipe.MediumShare + recipe.ImageShare;
        var stills = Enumerable.Range(0, isImage ? 1 : 2 + random.Below(3, MostStills - 1))
            .Select(i => SyntheticWorld.GenerateImage(SyntheticSplit.ModelTraining, index * MostStills + i)).ToList();
        var repeats = stills.Select((_, i) => isImage ? 1 : 3 + random.Below(4 + i, 4)).ToList();
        return (VideoPatches.Repeat([.. stills.Select(VideoPatches.Cut)], repeats), [Caption(string.Join(' ', stills.Select(still => still.Caption)))]);
    }

    private List<TextStream> Streams(SyntheticVideo video)
    {
        var questions = SyntheticQuestions.Of(video);
        return [Caption(video.Caption), .. questions.Select(question => new TextStream(question.Text, question.Answer, question.Category, recipe.AnswerWeight / questions.Count))];
    }

    private TextStream Caption(string caption) => new(Questions.Caption, caption, CaptionCategory, recipe.CaptionWeight);
}
