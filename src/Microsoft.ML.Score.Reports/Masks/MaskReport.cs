using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Reports;

/// <summary>
/// What one or two compressors keep of one video, for a person to look at: as a page with sliders over time and retention ratio, a still picture, or a clip.
/// Instances may be shared between threads.
/// </summary>
/// <example><code>
/// VideoClip clip = VideoFile.Open("clip.mp4");
/// VideoTokens video = model.Encode(clip);
/// new MaskReport("clip.mp4", video.Grid, [TokenSelection.OfScores("SCORE", policy.Logits(video))])
/// {
///     Pictures = StepPictures.Read(clip, video.Grid, model.SampledFrames(clip)),
/// }.Write("clip.html");
/// </code></example>
public sealed class MaskReport
{
    /// <param name="title">What the video is called.</param>
    /// <param name="grid">The grid of its tokens.</param>
    /// <param name="selections">One or two: what is kept, side by side.</param>
    /// <exception cref="ArgumentException">The title is empty, the grid is the default value, there are no or more than two selections, or one is of another number of tokens.</exception>
    public MaskReport(string title, TokenGrid grid, IReadOnlyList<TokenSelection> selections)
    {
        ArgumentException.ThrowIfNullOrEmpty(title);
        ArgumentNullException.ThrowIfNull(selections);
        if (grid.Count == 0)
            throw new ArgumentException("A report needs the grid of the video's tokens, got the default value of the grid.", nameof(grid));
        if (selections.Count is not (1 or 2))
            throw new ArgumentException($"A report shows one or two selections, got {selections.Count}.", nameof(selections));
        foreach (var selection in selections)
            if (selection.TokenCount != grid.Count)
                throw new ArgumentException($"The grid {grid} has {grid.Count} tokens, the selection '{selection.Name}' has {selection.TokenCount}.", nameof(selections));

        (Title, Grid, Selections) = (title, grid, selections);
    }

    /// <summary>What the video is called.</summary>
    public string Title { get; }

    /// <summary>The grid of the video's tokens.</summary>
    public TokenGrid Grid { get; }

    /// <summary>What is kept.</summary>
    public IReadOnlyList<TokenSelection> Selections { get; }

    /// <summary>rho in (0, 1] that the page opens with, and that pictures and clips show. Default 0.10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">rho is outside (0, 1].</exception>
    public double RetentionRatio
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(RetentionRatio), value, "The retention ratio must lie in (0, 1].");
    } = 0.10;

    /// <summary>The pictures of the time steps. Default null: none are known, as of a feature file, and the grid alone is drawn.</summary>
    /// <exception cref="ArgumentException">They are of another number of time steps.</exception>
    public StepPictures? Pictures
    {
        get;
        init => field = value is null || value.TimeSteps == Grid.TimeSteps ? value
            : throw new ArgumentException($"The grid {Grid} has {Grid.TimeSteps} time steps, the pictures are of {value.TimeSteps}.", nameof(Pictures));
    }

    /// <summary>When the time steps are shown, where neither pictures nor the grid tell. Default null: by the pictures' frames, else evenly.</summary>
    /// <exception cref="ArgumentException">They are of another number of time steps.</exception>
    public StepTimes? Times
    {
        get;
        init => field = value is null || value.Seconds.Count == Grid.TimeSteps ? value
            : throw new ArgumentException($"The grid {Grid} has {Grid.TimeSteps} time steps, got {value.Seconds.Count} times.", nameof(Times));
    }

    /// <summary>What else the page tells, in this order, such as model and policy. Default none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>Writes the report in the format of the file's extension. The file appears whole or not at all.</summary>
    /// <param name="path">A file that ends in .html, .png, .gif or .mp4; an existing one is replaced. Clips are made by the program ffmpeg.</param>
    /// <param name="cancellationToken">Stops between pictures.</param>
    /// <exception cref="ArgumentException">The extension is none of these.</exception>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    /// <exception cref="InvalidOperationException">The program ffmpeg is not installed, or cannot make such a clip.</exception>
    public void Write(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".html":
                Page().Write(path);
                break;
            case ".png":
                StillGrid.Write(this, path);
                break;
            case ".gif" or ".mp4":
                OverlayClip.Write(this, path, cancellationToken);
                break;
            default:
                throw new ArgumentException($"A report of a mask is an .html, .png, .gif or .mp4 file, got '{path}'.", nameof(path));
        }
    }

    /// <summary>When a time step is shown, in seconds; null for a still.</summary>
    internal double? SecondsOf(int step) => Pictures is { } pictures
        ? pictures.FrameSeconds?[step * pictures.FramesPerStep]
        : Times?.Seconds[step] ?? (Grid.TimeSteps == 1 ? null : step * Grid.SecondsPerStep);

    private HtmlPage Page() => new()
    {
        Title = $"{Title} - kept tokens",
        Style = HtmlPage.Resource("viewer.css"),
        Script = HtmlPage.Resource("viewer.js"),
        // In one pass, so that no text that is put in is taken for a place.
        Body = Regex.Replace(HtmlPage.Resource("viewer.html"), @"\{(title|facts)\}", place => place.Value == "{title}"
            ? HtmlPage.Encode(Title)
            : string.Concat(AllFacts().Select(fact => $"<dt>{HtmlPage.Encode(fact.Key)}</dt><dd>{HtmlPage.Encode(fact.Value)}</dd>\n"))),
        Data = new
        {
            grid = new { timeSteps = Grid.TimeSteps, height = Grid.Height, width = Grid.Width, secondsPerStep = Grid.SecondsPerStep },
            retentionRatio = RetentionRatio,
            selections = Selections.Select(selection => selection.ToData()),
            sceneThreshold = SceneChange.Threshold,
            picture = Pictures is null ? null : new { width = Pictures.Width, height = Pictures.Height },
            steps = Enumerable.Range(0, Grid.TimeSteps).Select(step => new
            {
                seconds = SecondsOf(step),
                frames = Pictures?.FrameIndices.Skip(step * Pictures.FramesPerStep).Take(Pictures.FramesPerStep),
                change = Pictures is null || double.IsNaN(Pictures.Changes[step]) ? (double?)null : Math.Round(Pictures.Changes[step], 2),
                jpeg = Pictures?.Jpeg(step) is { } jpeg ? Convert.ToBase64String(jpeg) : null,
            }),
        },
    };

    private IEnumerable<KeyValuePair<string, string>> AllFacts()
    {
        yield return new("Tokens", string.Create(CultureInfo.InvariantCulture, $"{Grid.Count:#,0}, a grid of {Grid} (time steps x rows x columns)"));
        if (SecondsOf(Grid.TimeSteps - 1) is { } last)
            yield return new("Time", string.Create(CultureInfo.InvariantCulture, $"a step each {Grid.SecondsPerStep:0.###} s, the last at {last:0.##} s"));
        if (Pictures is { } pictures)
            yield return new("Frames", string.Create(CultureInfo.InvariantCulture, $"{pictures.FrameIndices.Count} sampled, {pictures.FramesPerStep} to a step, {pictures.FrameWidth}x{pictures.FrameHeight} pixels in the video"));
        foreach (var fact in Facts)
            yield return fact;
    }
}
