using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases beside a LLaVA-Video checkpoint, each with its own pooling and newline position: intermediates of the vision
/// tower, projector, pooling and newlines, cross-entropy and greedy decoding with all and with some rows of the visual sequence.
/// </summary>
internal static class LlavaVideoCases
{
    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend, CancellationToken cancellationToken)
    {
        var files = CheckpointFiles.FromFolder(folder);
        var config = LlavaVideoConfig.Read(ConfigSection.Parse(files.ReadAllBytes("config.json"), "config.json"));
        var folderName = new DirectoryInfo(folder).Name;
        foreach (var name in ModelCaseRows.Names(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var tensors = SafetensorsFile.Open(Path.Combine(folder, $"{name}.safetensors"));
            var json = File.ReadAllBytes(Path.Combine(folder, $"{name}.json"));
            var section = ConfigSection.Parse(json, $"{name}.json");
            var caseConfig = config with
            {
                MmSpatialPoolMode = LlavaVideoConfig.ReadPoolMode(section),
                MmNewlinePosition = LlavaVideoConfig.ReadNewlinePosition(section),
            };
            using var model = LlavaVideoModel.Load(files, caseConfig, backend.Kernels);
            var description = ModelCaseRows.Read<CaseDescription>(json, name);
            foreach (var row in new CaseRun(model, description, new GoldenTensors($"{folderName}/{name}", tensors)).Run())
                yield return row;
        }
    }

    private sealed record CaseDescription(
        int Frames, int[] PromptIdsBeforeImage, int[] PromptIdsAfterImage, int[] CaptionIds, int NumVisual, int NumNewline,
        int[] NewlinePositionsInVisual, int PromptLength, OutcomeDescription Full, OutcomeDescription Subset);

    private sealed class CaseRun(LlavaVideoModel model, CaseDescription golden, GoldenTensors tensors)
    {
        private readonly ModelCaseRows _rows = new(tensors, model.Kernels, model.LanguageModel, model.Decoder);
        private readonly int _dimension = model.Config.TextConfig.HiddenSize;

        public List<VerificationRow> Run()
        {
            var vectors = model.Encode(Frames(), golden.Frames, _rows.Hidden);
            _rows.Hidden("pooled", vectors);
            var grid = new TokenGrid(golden.Frames, model.Pooling.Side, model.Pooling.Side);
            var full = model.WithNewlines(KeptTokens.All(new VideoTokens(grid, _dimension, vectors)));
            _rows.Hidden("visual_sequence", full.Vectors.ToArray());
            VerifyNewlines(grid);
            VerifySequence("full", full.Vectors, Enumerable.Range(0, golden.PromptLength + golden.CaptionIds.Length).ToArray());

            // A case drops what it likes, newlines included.
            var keptVisual = Indices("subset.keep_visual_indices");
            var keptSequence = Enumerable.Range(0, golden.PromptIdsBeforeImage.Length)
                .Concat(keptVisual.Select(index => golden.PromptIdsBeforeImage.Length + index))
                .Concat(Enumerable.Range(golden.PromptIdsBeforeImage.Length + golden.NumVisual, golden.PromptIdsAfterImage.Length + golden.CaptionIds.Length))
                .ToArray();
            _rows.Exactly("subset.kept_sequence_indices", keptSequence);
            VerifySequence("subset", full.Vectors, keptSequence);

            var subset = new KeptVisuals(keptVisual, keptVisual.SelectMany(row => full.Vectors.Slice(row * _dimension, _dimension).ToArray()).ToArray());
            var continuation = Math.Max(golden.CaptionIds.Length, golden.Full.Greedy.Length);
            using var prompt = model.CreatePrompt(golden.PromptIdsBeforeImage, grid, golden.PromptIdsAfterImage, continuation);
            var losses = model.Decoder.CrossEntropy(prompt, [full, subset], golden.CaptionIds);
            _rows.Outcome("full", golden.Full, losses[0], prompt, full);
            _rows.Outcome("subset", golden.Subset, losses[1], prompt, subset);
            return _rows.Rows;
        }

        private IEnumerable<ReadOnlyMemory<float>> Frames()
        {
            var pixels = Array.ConvertAll(tensors.File.Bytes("pixels_u8").ToArray(), value => ((float)(value * (1.0 / 255.0)) - 0.5f) / 0.5f);
            return pixels.Chunk(model.Config.VisionConfig.FrameLength).Select(frame => new ReadOnlyMemory<float>(frame));
        }

        /// <summary>A newline is where the visual sequence of the tokens alone leaves a row out.</summary>
        private void VerifyNewlines(TokenGrid grid)
        {
            var marked = new KeptTokens(grid, 1, Enumerable.Range(0, grid.Count).ToArray(), new float[grid.Count]);
            var sequence = new Newlines(model.Config.MmNewlinePosition, grid).Insert(marked, [1f]).Vectors.ToArray();
            _rows.Exactly("num_visual", [golden.NumVisual, golden.NumNewline], [sequence.Length, sequence.Length - grid.Count]);
            _rows.Exactly("newline_positions_in_visual", golden.NewlinePositionsInVisual, [.. Enumerable.Range(0, sequence.Length).Where(i => sequence[i] == 1f)]);
        }

        /// <summary>The language model on the given rows of the full sequence, each at its place there.</summary>
        private void VerifySequence(string name, ReadOnlyMemory<float> visual, int[] kept)
        {
            var before = golden.PromptIdsBeforeImage.Length;
            int[] ids = [.. golden.PromptIdsBeforeImage, .. new int[golden.NumVisual], .. golden.PromptIdsAfterImage, .. golden.CaptionIds];
            using var whole = model.LanguageModel.Embed(ids);
            using var source = model.Kernels.Upload(visual.Span, golden.NumVisual, _dimension);
            model.Kernels.Scatter(source, Enumerable.Range(before, golden.NumVisual).ToArray(), whole);
            using var embeddings = model.Kernels.Gather(whole, kept);
            using var wholeRotary = RotaryTable.Sequential(model.Kernels, model.Config.TextConfig.RopeTheta, model.Config.TextConfig.HeadDim, ids.Length);
            using var rotary = wholeRotary.Gather(model.Kernels, kept);
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(kept.Length));
            _rows.Logits($"{name}.logits_caption", hidden, Enumerable.Range(kept.Length - golden.CaptionIds.Length - 1, golden.CaptionIds.Length));
        }

        private int[] Indices(string quantity) => Array.ConvertAll(tensors.File.ReadInt64(quantity), value => (int)value);
    }
}
