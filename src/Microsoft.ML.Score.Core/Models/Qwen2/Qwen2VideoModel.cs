using System.Text;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// A video-language model on a Qwen2 decoder: one video and one question in the Qwen chat form. A derived model encodes videos and
/// says how its prompt is built; scoring and answering are here.
/// </summary>
internal abstract class Qwen2VideoModel : IVideoLanguageModel
{
    private const int ContinuationUnit = 64;

    /// <summary>Beyond what any released model reads at once; a longer text would take memory without end before anything refused it.</summary>
    private const int MostCharacters = 1 << 18;

    private readonly KeptTokenDecoder _decoder;
    private readonly int[] _stopIds;
    private readonly int[] _visualIds;
    private readonly CallGuard _guard;
    private readonly PromptCache _prompts = new();
    private readonly EncoderIdentity _identity;
    private readonly string[] _visualTexts;
    private readonly string _name;

    /// <param name="info">Who the model is.</param>
    /// <param name="files">The checkpoint's files, for the stop tokens.</param>
    /// <param name="tokenizer">The checkpoint's tokenizer.</param>
    /// <param name="decoder">The language model.</param>
    /// <param name="eosTokenId">The stop tokens that config.json names, which hold where generation_config.json names none.</param>
    /// <param name="visualIds">Token ids that stand for visual tokens and may not occur in a text.</param>
    /// <param name="weights">What is released once the model is disposed and the last call has ended.</param>
    /// <exception cref="InvalidDataException">A file is corrupt, or the files do not fit each other.</exception>
    protected Qwen2VideoModel(
        VideoModelInfo info, CheckpointFiles files, Tokenizer tokenizer, KeptTokenDecoder decoder, int[] eosTokenId, int[] visualIds, IDisposable weights)
    {
        Info = info;
        _name = info.Name;
        _identity = EncoderIdentity.Of(info) with { AnyProcessing = true };
        Tokenizer = tokenizer;
        if (tokenizer.VocabularySize > decoder.Config.VocabSize)
            throw new InvalidDataException(
                $"In {files.Description} the tokenizer has {tokenizer.VocabularySize} tokens; config.json has vocab_size {decoder.Config.VocabSize}.");
        _decoder = decoder;
        _stopIds = ReadStopIds(files, eosTokenId);
        _visualIds = visualIds;
        _visualTexts = [.. visualIds.Select(id => tokenizer.Decode([id], skipSpecialTokens: false))];
        Residents = new ResidentRows(decoder.Kernels);
        _guard = new CallGuard(new Held(_prompts, Residents, weights), GetType().Name);
    }

    public VideoModelInfo Info { get; }

    protected Tokenizer Tokenizer { get; }

    /// <summary>Videos that the backend keeps on its device, where it does.</summary>
    protected ResidentRows Residents { get; }

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);

        using var call = _guard.Enter();
        using var measured = MeasuredOperation.Encode.Start(_name);
        var video = EncodeVideo(clip, cancellationToken);
        measured.Done(video.Grid.Count);
        return video;
    }

    public IReadOnlyList<int>? SampledFrames(VideoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);

        using var call = _guard.Enter();
        return FramesOf(clip);
    }

    public string? FindTextFault(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        if (text.Length > MostCharacters)
            return $"has {text.Length} characters; at most {MostCharacters} are taken";
        // A text that has none of these to the letter has none of their tokens.
        if (!_visualTexts.Any(visual => text.Contains(visual, StringComparison.Ordinal)))
            return null;
        return Tokenizer.Encode(text).FirstOrDefault(_visualIds.Contains, -1) is var visual and >= 0
            ? $"contains '{Tokenizer.Decode([visual], skipSpecialTokens: false)}', which stands for visual tokens and cannot be part of a text"
            : null;
    }

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keptSets);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentException.ThrowIfNullOrEmpty(target);
        ThrowIfFaulty(question, nameof(question));
        ThrowIfFaulty(target, nameof(target));
        if (keptSets.Count == 0)
            throw new ArgumentException("There must be at least one kept-token set.", nameof(keptSets));
        for (var i = 0; i < keptSets.Count; i++)
        {
            ThrowIfUnfit(keptSets[i], nameof(keptSets), checkedVideo: i == 0 ? null : keptSets[i - 1].Video);
            if (keptSets[i].Grid != keptSets[0].Grid)
                throw new ArgumentException($"The sets must share one grid; set 0 has {keptSets[0].Grid}, set {i} has {keptSets[i].Grid}.", nameof(keptSets));
            if (!StepTimes.AreEqual(keptSets[i].Times, keptSets[0].Times))
                throw new ArgumentException($"The sets must be of one video; the times of the steps of set {i} are not those of set 0.", nameof(keptSets));
        }

        using var call = _guard.Enter();
        var targetIds = Tokenizer.Encode(target + QwenChatTemplate.EndOfTurn);
        using var lease = RentPrompt(keptSets[0], question, targetIds.Length);
        return Array.ConvertAll(_decoder.CrossEntropy(lease.Prompt, keptSets.Select(Visuals), targetIds, cancellationToken), losses => losses.Average());
    }

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        ThrowIfFaulty(question, nameof(question));
        ThrowIfUnfit(kept, nameof(kept));
        options ??= new GenerationOptions();
        options.ThrowIfFaulty(nameof(options));

        using var call = _guard.Enter();
        using var measured = MeasuredOperation.Generate.Start(_name);
        using var lease = RentPrompt(kept, question, options.MaxNewTokens);
        var text = new StreamingDecoder(Tokenizer, skipSpecialTokens: true);
        var answer = new StringBuilder();
        var tokens = 0;
        foreach (var token in _decoder.Decode(lease.Prompt, Visuals(kept), options, cancellationToken))
        {
            if (_stopIds.Contains(token.Id))
                break;
            tokens++;
            Add(text.Append(token.Id));
        }

        Add(text.Flush());
        measured.Done(tokens);
        return answer.ToString();

        void Add(string piece)
        {
            if (piece.Length == 0)
                return;
            answer.Append(piece);
            onText?.Invoke(piece);
        }
    }

    public void Dispose() => _guard.Dispose();

    /// <summary>Begins a call that keeps the weights until the result is disposed.</summary>
    protected CallGuard.Call EnterCall() => _guard.Enter();

    /// <summary>Grid and vectors of a clip.</summary>
    protected abstract VideoTokens EncodeVideo(VideoClip clip, CancellationToken cancellationToken);

    /// <summary>The frames that <see cref="EncodeVideo"/> samples, a whole number of time steps.</summary>
    protected abstract IReadOnlyList<int> FramesOf(VideoClip clip);

    /// <summary>The prompt of a whole video and a question, up to where the answer begins.</summary>
    /// <param name="kept">Any kept tokens of the video; their grid and times are those of the whole of it.</param>
    /// <param name="question">The user turn beside the video.</param>
    /// <param name="continuation">Tokens after the prompt that need positions.</param>
    protected abstract VideoPrompt CreatePrompt(KeptTokens kept, string question, int continuation);

    /// <summary>What stays of the prompt's visual rows with the kept tokens.</summary>
    protected virtual KeptVisuals Visuals(KeptTokens kept) => kept.Video is { } video
        ? new(kept.Positions, default, video)
        : new(kept.Positions, kept.Vectors);

    /// <summary>What else the model needs of tokens and these lack, as a sentence; null where nothing.</summary>
    protected virtual string? WhyUnfit(KeptTokens kept) => null;

    private void ThrowIfFaulty(string text, string name)
    {
        if (FindTextFault(text) is { } fault)
            throw new ArgumentException($"The {name} {fault}.", name);
    }

    private PromptCache.Lease RentPrompt(KeptTokens kept, string question, int continuation)
    {
        // Rounded up, so that targets of nearly the same length share a prompt.
        var room = (continuation + ContinuationUnit - 1) / ContinuationUnit * ContinuationUnit;
        return _prompts.Rent(new(kept.Grid, kept.Times, question), continuation, () => CreatePrompt(kept, question, room));
    }

    /// <param name="kept">What a caller gives.</param>
    /// <param name="name">As which argument.</param>
    /// <param name="checkedVideo">The video of the set before: rollouts share one, whose values need one look.</param>
    private void ThrowIfUnfit(KeptTokens kept, string name, VideoTokens? checkedVideo = null)
    {
        ArgumentNullException.ThrowIfNull(kept, name);
        if ((_identity.Refuses(kept.Dimension, kept.Video?.EncoderFingerprint) ?? WhyUnfit(kept)) is { } unfit)
            throw new ArgumentException(unfit, name);
        if (kept.Video is { } video && (video == checkedVideo || video.Device is { AllFinite: true }))
            return;
        var vectors = (kept.Video?.Vectors ?? kept.Vectors).Span;
        if (FiniteValues.FirstNotFinite(vectors) is >= 0 and var at)
            throw new ArgumentException(
                $"Value {at} of {(kept.Video is null ? "the kept tokens" : "the video's tokens")} is {vectors[at]}; tokens must be finite.", name);
        foreach (var (level, features) in (kept.Video?.DeepStack ?? kept.DeepStack).Index())
            if (FiniteValues.FirstNotFinite(features.Span) is >= 0 and var place)
                throw new ArgumentException($"Value {place} of the DeepStack tensor {level} is {features.Span[place]}; tokens must be finite.", name);
    }

    private static int[] ReadStopIds(CheckpointFiles files, int[] eosTokenId)
    {
        const string file = "generation_config.json";
        var stopIds = files.Exists(file)
            ? ConfigSection.Parse(files.ReadAllBytes(file), $"{file} in {files.Description}").Integers("eos_token_id") ?? eosTokenId
            : eosTokenId;
        return stopIds.Length > 0 ? stopIds : throw new InvalidDataException($"Neither {file} nor config.json in {files.Description} names an eos_token_id.");
    }

    /// <summary>What is released together.</summary>
    private sealed class Held(PromptCache prompts, ResidentRows residents, IDisposable weights) : IDisposable
    {
        public void Dispose()
        {
            try
            {
                residents.Dispose();
            }
            finally
            {
                prompts.Dispose();
                weights.Dispose();
            }
        }
    }
}
