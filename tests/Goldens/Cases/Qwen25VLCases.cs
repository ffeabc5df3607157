using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases beside a Qwen2.5-VL checkpoint: every intermediate of the vision tower and the language model, cross-entropy
/// and greedy decoding with all and with some visual tokens.
/// </summary>
internal static class Qwen25VLCases
{
    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend, CancellationToken cancellationToken)
    {
        var files = CheckpointFiles.FromFolder(folder);
        using var model = Qwen25VLModel.Load(files, (Qwen25VLConfig)VideoModel.ReadConfig(files), backend.Kernels);
        var folderName = new DirectoryInfo(folder).Name;
        foreach (var name in ModelCaseRows.Names(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var tensors = SafetensorsFile.Open(Path.Combine(folder, $"{name}.safetensors"));
            var description = ModelCaseRows.Read<CaseDescription>(File.ReadAllBytes(Path.Combine(folder, $"{name}.json")), name);
            foreach (var row in new CaseRun(model, description, new GoldenTensors($"{folderName}/{name}", tensors)).Run())
                yield return row;
        }
    }

    private sealed record CaseDescription(
        int[] InputIds, int PromptLength, int[] CaptionIds, ItemDescription[] Items,
        int FirstNewPosition, int[] KeepVisualIndices, OutcomeDescription Full, OutcomeDescription Subset, double[]? SecondPerGridTs = null);

    private sealed record ItemDescription(string Type, int[] GridThw);

    private sealed class CaseRun(Qwen25VLModel model, CaseDescription golden, GoldenTensors tensors)
    {
        private readonly IKernels _kernels = model.Kernels;
        private readonly int _dimension = model.Config.TextConfig.HiddenSize;
        private readonly ModelCaseRows _rows = new(tensors, model.Kernels, model.LanguageModel, model.Decoder);

        public List<VerificationRow> Run()
        {
            var items = Items();
            var visual = EncodeItems(items);
            var positions = PositionIds.Compute(model.Config, golden.InputIds, items);
            var prompt = golden.InputIds[..golden.PromptLength];
            _rows.Exactly("position_ids", [.. positions.Temporal, .. positions.Height, .. positions.Width]);
            _rows.Exactly("first_new_position", [golden.FirstNewPosition], [PositionIds.Compute(model.Config, prompt, items).Next]);
            VerifyFullSequence(visual, positions);
            VerifySubsetSequence(visual, positions);

            var full = new KeptVisuals(Enumerable.Range(0, visual.Length / _dimension).ToArray(), visual);
            var subset = new KeptVisuals(golden.KeepVisualIndices, GatherRows(visual, golden.KeepVisualIndices));
            using var videoPrompt = model.CreatePrompt(prompt, items, Math.Max(golden.CaptionIds.Length, golden.Full.Greedy.Length));
            var losses = model.Decoder.CrossEntropy(videoPrompt, [full, subset], golden.CaptionIds);
            _rows.Outcome("full", golden.Full, losses[0], videoPrompt, full);
            _rows.Outcome("subset", golden.Subset, losses[1], videoPrompt, subset);
            return _rows.Rows;
        }

        private VisualItem[] Items()
        {
            var video = 0;
            return Array.ConvertAll(golden.Items, item => new VisualItem(
                item.Type == "video",
                new PatchGrid(item.GridThw[0], item.GridThw[1], item.GridThw[2]),
                item.Type == "video" && golden.SecondPerGridTs is { } seconds ? seconds[video++] : 1.0));
        }

        /// <summary>Visual tokens of all items in sequence order; videos and images go through the tower apart, as in the original code.</summary>
        private float[] EncodeItems(VisualItem[] items)
        {
            var videos = EncodeKind(items, isVideo: true, "pixel_values_videos_u8", "video_embeds");
            var images = EncodeKind(items, isVideo: false, "pixel_values_u8", "image_embeds");
            var tokens = new List<float>();
            var (nextVideo, nextImage) = (0, 0);
            foreach (var item in items)
            {
                var length = item.Grid.Patches / model.Config.VisionConfig.MergeUnit * _dimension;
                ref var next = ref item.IsVideo ? ref nextVideo : ref nextImage;
                tokens.AddRange((item.IsVideo ? videos : images).AsSpan(next, length));
                next += length;
            }

            return [.. tokens];
        }

        private float[] EncodeKind(VisualItem[] items, bool isVideo, string pixels, string embeds)
        {
            var grids = items.Where(item => item.IsVideo == isVideo).Select(item => item.Grid).ToArray();
            if (grids.Length == 0)
                return [];
            var layout = new VisionLayout(model.Config.VisionConfig, grids);
            var length = model.Config.VisionConfig.PatchLength;
            var bytes = tensors.File.Bytes(pixels);
            var patches = new float[bytes.Length];
            for (var i = 0; i < patches.Length; i++)
                patches[i] = (bytes[i] - 128) / 64f;
            if (isVideo)
            {
                _rows.Exactly("vision.window_index", layout.WindowIndex);
                _rows.Exactly("vision.cu_window_seqlens", Boundaries(layout.WindowSegments));
                _rows.Exactly("vision.cu_seqlens", Boundaries(layout.StepSegments));
                _rows.Hidden("vision.rot_pos_emb", layout.RotaryAngles);
            }

            using var input = _kernels.Upload(patches, patches.Length / length, length);
            using var output = model.Vision.Encode(input, layout, isVideo ? _rows.Hidden : null);
            _rows.Hidden(embeds, _rows.Values(output));
            return _rows.Values(output);
        }

        private void VerifyFullSequence(float[] visual, PositionIds positions)
        {
            using var embeddings = Embed(golden.InputIds, visual);
            using var rotary = Rotary(positions);
            _rows.Hidden("llm.mrope_cos", Doubled(rotary.Cos));
            _rows.Hidden("llm.mrope_sin", Doubled(rotary.Sin));
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(golden.InputIds.Length), observe: _rows.Hidden);
            _rows.Hidden("llm.final_norm", _rows.Values(hidden));
            _rows.Logits("full.logits_caption", hidden, Enumerable.Range(golden.PromptLength - 1, golden.CaptionIds.Length));
            _rows.Logits("full.logits_all_positions_every8", hidden, Enumerable.Range(0, golden.InputIds.Length).Where(i => i % 8 == 0));
        }

        private void VerifySubsetSequence(float[] visual, PositionIds positions)
        {
            var visualSeen = 0;
            var kept = Enumerable.Range(0, golden.InputIds.Length)
                .Where(i => !IsVisual(golden.InputIds[i]) || golden.KeepVisualIndices.Contains(visualSeen++)).ToArray();
            _rows.Exactly("subset.keep_visual_indices", golden.KeepVisualIndices);
            _rows.Exactly("subset.kept_sequence_indices", kept);
            _rows.Exactly("subset.position_ids", [.. Select(positions.Temporal), .. Select(positions.Height), .. Select(positions.Width)]);
            using var embeddings = Embed(Select(golden.InputIds), GatherRows(visual, golden.KeepVisualIndices));
            using var fullRotary = Rotary(positions);
            using var rotary = fullRotary.Gather(_kernels, kept);
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(kept.Length));
            _rows.Logits("subset.logits_caption", hidden, Enumerable.Range(kept.Length - golden.CaptionIds.Length - 1, golden.CaptionIds.Length));

            int[] Select(int[] values) => Array.ConvertAll(kept, i => values[i]);
        }

        private Tensor Embed(int[] ids, float[] visual)
        {
            var embeddings = model.LanguageModel.Embed(ids);
            using var source = _kernels.Upload(visual, visual.Length / _dimension, _dimension);
            _kernels.Scatter(source, Enumerable.Range(0, ids.Length).Where(i => IsVisual(ids[i])).ToArray(), embeddings);
            return embeddings;
        }

        private RotaryTable Rotary(PositionIds positions) =>
            RotaryTable.FromAngles(_kernels, positions.RotaryAngles(model.Config), positions.Length, model.Config.TextConfig.HeadDim / 2);

        private bool IsVisual(int id) => id == model.Config.VideoTokenId || id == model.Config.ImageTokenId;

        private float[] GatherRows(float[] values, int[] rows) => [.. rows.SelectMany(row => values[(row * _dimension)..((row + 1) * _dimension)])];

        private static int[] Boundaries(AttentionSegment[] segments) => [0, .. segments.Select(segment => segment.KeyStart + segment.KeyCount)];

        /// <summary>The original code keeps each row of cos and sin twice.</summary>
        private float[] Doubled(Tensor x) => [.. _rows.Values(x).Chunk(x.Columns).SelectMany(row => row.Concat(row))];
    }
}
