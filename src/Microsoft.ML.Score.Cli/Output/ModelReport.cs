using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Output;

/// <summary>
/// A checkpoint's parts, the tokens that a clip becomes, and the memory that answering a question about it takes with all tokens and with
/// some.
/// </summary>
internal sealed class ModelReport
{
    private readonly string _source;
    private readonly ModelDescription _model;
    private readonly string? _tokenizerFault;
    private readonly VideoClip _clip;
    private readonly TokenGrid _grid;
    private readonly Case[] _cases;
    private readonly long _limit;

    /// <param name="source">The model as the user named it.</param>
    /// <param name="model">What it is.</param>
    /// <param name="clip">A video; its frames are not read.</param>
    /// <param name="ratio">The share of tokens kept in the second case.</param>
    /// <param name="limit">Bytes of memory to fit in.</param>
    public ModelReport(string source, ModelDescription model, VideoClip clip, double ratio, long limit)
    {
        _source = source;
        _model = model;
        _tokenizerFault = model.TokenizerFault();
        _clip = clip;
        _grid = model.GridOf(clip);
        _limit = limit;
        _cases = [.. ((double[])[1, ratio]).Distinct().Select(CaseOf)];
    }

    /// <summary>What <c>--json</c> prints.</summary>
    public object ToJson() => new
    {
        model = _source,
        architecture = _model.Architecture,
        fingerprint = _model.Fingerprint,
        parameters = _model.Parameters,
        storedTypes = _model.StoredTypes.Select(type => type.ToString()),
        bytes = _model.Bytes,
        unusedTensors = _model.UnusedTensors,
        tokenizerFault = _tokenizerFault,
        parts = _model.Parts.Select(part => new { name = part.Name, tensors = part.Tensors, parameters = part.Parameters, bytes = part.Bytes }),
        clip = new { frames = _clip.FrameCount, framesPerSecond = _clip.FramesPerSecond, width = _clip.Width, height = _clip.Height },
        grid = new { timeSteps = _grid.TimeSteps, height = _grid.Height, width = _grid.Width, secondsPerStep = _grid.SecondsPerStep },
        tokens = _grid.Count,
        memoryLimit = _limit,
        memory = _cases.Select(item => new
        {
            ratio = item.Ratio,
            keptTokens = item.KeptTokens,
            weights = item.Memory.Weights,
            visualTokens = item.Memory.VisualTokens,
            encoder = item.Memory.Encoder,
            prefill = item.Memory.Prefill,
            keyValueCache = item.Memory.KeyValueCache,
            total = item.Memory.Total,
            fits = Fits(item),
        }),
    };

    public void Write(TextWriter writer)
    {
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{VisibleText.Message(_source)}: {VisibleText.Message(_model.Architecture)}, {_model.Parameters:#,0} parameters stored as {StoredTypes}, {ByteCount.Format(_model.Bytes)}"));
        if (_model.UnusedTensors > 0)
            writer.WriteLine($"tensors of the checkpoint that the architecture does not have and nothing reads: {_model.UnusedTensors}");
        if (_tokenizerFault is not null)
            writer.WriteLine(VisibleText.Message($"It cannot be loaded as it is. {_tokenizerFault}"));
        writer.WriteLine();
        WriteParts(writer);
        writer.WriteLine();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Clip}: grid {_grid} (time x height x width), {_grid.Count} tokens{(_clip.IsStill ? "" : $", a time step every {_grid.SecondsPerStep:0.###} s")}"));
        writer.WriteLine();
        WriteMemory(writer);
        writer.WriteLine();
        WriteVerdict(writer);
    }

    private Case CaseOf(double ratio)
    {
        var kept = TopK.RetainedCount(ratio, _grid.Count);
        return new Case(ratio, kept, _model.Estimate(_grid, kept));
    }

    private string StoredTypes => string.Join(", ", _model.StoredTypes);

    private string Clip => _clip.IsStill
        ? $"a still image of {_clip.Width}x{_clip.Height}"
        : string.Create(CultureInfo.InvariantCulture, $"{_clip.FrameCount / _clip.FramesPerSecond:0.##} s of {_clip.Width}x{_clip.Height} at {_clip.FramesPerSecond:0.###} frames a second");

    private bool Fits(Case item) => item.Memory.Total <= _limit;

    private void WriteParts(TextWriter writer)
    {
        var table = new TextTable("part", "tensors", "parameters", "stored");
        foreach (var part in _model.Parts)
            table.Add(part.Name, Number(part.Tensors), Number(part.Parameters), ByteCount.Format(part.Bytes));
        table.Add("total", Number(_model.Parts.Sum(part => part.Tensors)), Number(_model.Parameters), ByteCount.Format(_model.Bytes));
        table.Write(writer);
    }

    private void WriteMemory(TextWriter writer)
    {
        var table = new TextTable(["memory", .. _cases.Select(item => item.Ratio == 1 ? "all tokens" : string.Create(CultureInfo.InvariantCulture, $"{item.Ratio:0.##%} kept"))]);
        table.Add(["kept tokens", .. _cases.Select(item => Number(item.KeptTokens))]);
        AddBytes("weights, mapped", memory => memory.Weights);
        AddBytes("visual tokens", memory => memory.VisualTokens);
        AddBytes("vision encoder", memory => memory.Encoder);
        AddBytes("prefill", memory => memory.Prefill);
        AddBytes("key/value cache", memory => memory.KeyValueCache);
        AddBytes("at most at a time", memory => memory.Total);
        table.Write(writer);

        void AddBytes(string name, Func<MemoryEstimate, long> bytes) => table.Add([name, .. _cases.Select(item => ByteCount.Format(bytes(item.Memory)))]);
    }

    private void WriteVerdict(TextWriter writer)
    {
        var (all, fewest) = (_cases[0], _cases[^1]);
        var limit = ByteCount.Format(_limit);
        if (Fits(all))
            writer.WriteLine($"fits in {limit} of memory");
        else if (Fits(fewest))
            writer.WriteLine($"fits in {limit} of memory with {Number(fewest.KeptTokens)} tokens kept ({ByteCount.Format(fewest.Memory.Total)}), not with all ({ByteCount.Format(all.Memory.Total)})");
        else
            writer.WriteLine($"does not fit in {limit} of memory: it needs {ByteCount.Format(fewest.Memory.Total)}, {ByteCount.Format(fewest.Memory.Weights)} of it for the weights");
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private sealed record Case(double Ratio, int KeptTokens, MemoryEstimate Memory);
}
