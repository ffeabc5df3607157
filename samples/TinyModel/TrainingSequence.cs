using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>One question and its answer beside a video; the caption is the answer to a fixed question.</summary>
/// <param name="Question">The user turn.</param>
/// <param name="Answer">What the model should say.</param>
/// <param name="Category">What accuracies are broken down by.</param>
/// <param name="Weight">Weight in the loss of the mean over the answer's tokens.</param>
internal sealed record TextStream(string Question, string Answer, string Category, float Weight);

/// <summary>
/// A video and all that is said about it as one sequence: prompt, kept visual tokens, then a stream for each question. Every
/// stream is exactly the prompt that the frozen model will see, with the positions that it will have.
/// </summary>
internal sealed class TrainingSequence
{
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="video">The patches and labels of all tokens.</param>
    /// <param name="keptTokens">Flat grid indices of the tokens that stay, ascending.</param>
    /// <param name="streams">What is asked and answered.</param>
    public TrainingSequence(Tokenizer tokenizer, VideoPatches video, int[] keptTokens, IReadOnlyList<TextStream> streams)
    {
        KeptTokens = keptTokens;
        Video = video;
        Streams = streams;
        Before = tokenizer.Encode(QwenChatTemplate.BeforeVideo);

        for (var i = 0; i < Before.Length; i++)
            Positions.Add((i, i, i));
        var start = Before.Length;
        var grid = video.Grid;
        foreach (var token in keptTokens)
        {
            var (step, cell) = Math.DivRem(token, grid.TokensPerStep);
            Positions.Add((start + TimeOffset(grid, step), start + cell / grid.Width, start + cell % grid.Width));
        }

        var afterVideo = start + 1 + Math.Max(TimeOffset(grid, grid.TimeSteps - 1), Math.Max(grid.Height, grid.Width) - 1);
        var endOfTurn = tokenizer.Encode(QwenChatTemplate.EndOfTurn);
        var after = new List<int>();
        var lengths = new List<int>();
        for (var stream = 0; stream < streams.Count; stream++)
        {
            var prompt = tokenizer.Encode(QwenChatTemplate.AfterVideo(streams[stream].Question));
            int[] answer = [.. tokenizer.Encode(streams[stream].Answer), .. endOfTurn];
            var firstRow = start + keptTokens.Length + after.Count;
            for (var i = 0; i < answer.Length; i++)
            {
                // The row before a token predicts it.
                SupervisedRows.Add(firstRow + prompt.Length - 1 + i);
                Targets.Add(answer[i]);
                Weights.Add(streams[stream].Weight / answer.Length);
                StreamOfTarget.Add(stream);
            }

            after.AddRange(prompt);
            after.AddRange(answer.SkipLast(1));
            lengths.Add(prompt.Length + answer.Length - 1);
            for (var i = 0; i < lengths[^1]; i++)
                Positions.Add((afterVideo + i, afterVideo + i, afterVideo + i));
        }

        After = [.. after];
        Layout = new StreamLayout(start + keptTokens.Length, lengths);
    }

    public VideoPatches Video { get; }
    public int[] KeptTokens { get; }
    public IReadOnlyList<TextStream> Streams { get; }
    public int[] Before { get; }
    public int[] After { get; }
    public StreamLayout Layout { get; }
    public List<(int Time, int Row, int Column)> Positions { get; } = [];
    public List<int> SupervisedRows { get; } = [];
    public List<int> Targets { get; } = [];
    public List<float> Weights { get; } = [];
    public List<int> StreamOfTarget { get; } = [];

    // Single precision and truncation as the model family computes it.
    private static int TimeOffset(TokenGrid grid, int step) => (int)(step * (float)grid.SecondsPerStep * TinyConfiguration.TokensPerSecond);
}
