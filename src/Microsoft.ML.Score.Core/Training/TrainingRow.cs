using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// One row of the training data: a video, or a still image, and its caption. A still feeds the warm-up, a video the main stage. What it
/// is and its caption are known at once; its tokens are read when a step needs them, since they may be large or not encoded yet.
/// </summary>
/// <remarks>
/// A row that is streamed may be read only until its enumerator moves on; <see cref="ScoreTrainer"/> keeps to that. Safe for concurrent
/// reading if what it was made of is.
/// </remarks>
/// <example><code>var row = new TrainingRow("a dog barks", isStill: false, _ => FeatureFile.Read("dog.safetensors"));</code></example>
public sealed class TrainingRow
{
    /// <summary>The most characters of a caption that is trained on: many times the longest that people or models write of a video.</summary>
    public const int MostCaptionCharacters = 32768;

    private readonly Func<CancellationToken, VideoTokens> _read;
    private readonly Func<TokenGrid>? _readGrid;

    /// <summary>A row whose tokens are at hand; one of a single time step is a still.</summary>
    /// <param name="video">All tokens of the video.</param>
    /// <param name="caption">The text whose cross-entropy is the reward; not empty.</param>
    /// <exception cref="ArgumentException">The caption is null or white space.</exception>
    public TrainingRow(VideoTokens video, string caption)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);

        Caption = caption;
        IsStill = video.Grid.TimeSteps == 1;
        _read = _ => video;
    }

    /// <summary>A row whose tokens are read, or encoded, when they are needed.</summary>
    /// <param name="caption">The text whose cross-entropy is the reward; not empty.</param>
    /// <param name="isStill">Whether it is a still image, whose tokens are one time step.</param>
    /// <param name="read">Gives all tokens; called each time that a step needs them.</param>
    /// <param name="readGrid">Gives the token grid where that costs less than the tokens; null to read these for it.</param>
    /// <exception cref="ArgumentException">The caption is null or white space.</exception>
    public TrainingRow(string caption, bool isStill, Func<CancellationToken, VideoTokens> read, Func<TokenGrid>? readGrid = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);
        ArgumentNullException.ThrowIfNull(read);

        Caption = caption;
        IsStill = isStill;
        _read = read;
        _readGrid = readGrid;
    }

    /// <summary>The text whose cross-entropy is the reward.</summary>
    public string Caption { get; }

    /// <summary>Whether it is a still image, which feeds the warm-up; a video feeds the main stage.</summary>
    public bool IsStill { get; }

    /// <summary>All tokens of the video, [T, H, W, D]; read or encoded at each call, where the row was not made of tokens at hand.</summary>
    /// <param name="cancellationToken">Stops an encoder under way.</param>
    /// <exception cref="OperationCanceledException">The reading was cancelled. Other errors are those of what the row was made of.</exception>
    public VideoTokens ReadVideo(CancellationToken cancellationToken = default) => _read(cancellationToken);

    /// <summary>The token grid, without the tokens where it can be had so.</summary>
    /// <param name="cancellationToken">Stops an encoder under way.</param>
    /// <exception cref="OperationCanceledException">The reading was cancelled. Other errors are those of what the row was made of.</exception>
    public TokenGrid ReadGrid(CancellationToken cancellationToken = default) => _readGrid?.Invoke() ?? _read(cancellationToken).Grid;

    /// <summary>The same row, its caption looked at before its tokens are read, and these then.</summary>
    internal TrainingRow Checking(Action<string> checkCaption, Action<VideoTokens> check) => new(
        Caption,
        IsStill,
        cancellationToken =>
        {
            checkCaption(Caption);
            var video = _read(cancellationToken);
            check(video);
            return video;
        },
        _readGrid);
}
