using System.Text.Json;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases beside a Qwen3-VL checkpoint: every intermediate of the vision tower and the language model, DeepStack features, cross-entropy and
/// greedy decoding with all and with some visual tokens. What a case's cross-entropy changes by where the text of empty steps is dropped is in
/// sensitivity.json above the folder.
/// </summary>
internal static class Qwen3VLCases
{
    private const double HiddenTolerance = 1e-4;

    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend, CancellationToken cancellationToken)
    {
        var files = CheckpointFiles.FromFolder(folder);
        using var model = Qwen3VLModel.Load(files, (Qwen3VLConfig)VideoModel.ReadConfig(files), backend.Kernels);
        var folderName = new DirectoryInfo(folder).Name;
        foreach (var name in ModelCaseRows.Names(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var tensors = SafetensorsFile.Open(Path.Combine(folder, $"{name}.safetensors"));
            var description = ModelCaseRows.Read<CaseDescription>(File.ReadAllBytes(Path.Combine(folder, $"{name}.json")), name);
            foreach (var row in new CaseRun(model, description, new GoldenTensors($"{folderName}/{name}", tensors), ChangeWithoutEmptySteps(folder, $"{folderName}/{name}")).Run())
                yield return row;
        }
    }

    private static double? ChangeWithoutEmptySteps(string folder, string name)
    {
        var path = Path.Combine(folder, "..", "sensitivity.json");
        if (!File.Exists(path))
            return null;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("cases").TryGetProperty(name, out var changes)
            && changes.TryGetProperty("subset: timestamps and markers of empty steps dropped (original positions)", out var change) ? change.GetDouble() : null;
    }

    private sealed record CaseDescription(
        int[] InputIds, int PromptLength, int[] CaptionIds, ItemDescription[] Items, int RopeDeltaFull, int RopeDeltaPrompt,
        int FirstNewPosition, int[] KeepVisualIndices, OutcomeDescription Full, OutcomeDescription Subset);

    private sealed record ItemDescription(string Type, int[] GridThw, double[]? Timestamps = null, string[]? TimestampStrings = null);

    private sealed class CaseRun(Qwen3VLModel model, CaseDescription golden, GoldenTensors tensors, double? changeWithoutEmptySteps)
    {
        private readonly IKernels _kernels = model.Kernels;
        private readonly int _dimension = model.Config.TextConfig.HiddenSize;
        private readonly ModelCaseRows _rows = new(tensors, model.Kernels, model.LanguageModel, model.Decoder, HiddenTolerance);

        public List<VerificationRow> Run()
        {
            VisualItem[] items = [.. golden.Items.Select(item => new VisualItem(item.Type == "video", new PatchGrid(item.GridThw[0], item.GridThw[1], item.GridThw[2])))];
            var timed = golden.Items.Where(item => item.Timestamps is not null).ToList();
            _rows.Rows.Add(VerificationRow.Exactly(tensors.Case, "timestamp_strings",
                [.. timed.SelectMany(item => item.TimestampStrings ?? [])], [.. timed.SelectMany(item => item.Timestamps!.Select(Timestamps.Text))]));

            var full = Visuals(EncodeItems(items), [.. Enumerable.Range(0, items.Sum(item => item.Grid.Patches) / model.Config.VisionConfig.MergeUnit)]);
            var subset = Gather(full, golden.KeepVisualIndices);
            var positions = Qwen3VLModel.PositionsOf(model.Config, golden.InputIds, items);
            var prompt = golden.InputIds[..golden.PromptLength];
            var promptPositions = Qwen3VLModel.PositionsOf(model.Config, prompt, items);
            _rows.Exactly("position_ids", [.. positions.Temporal, .. positions.Height, .. positions.Width]);
            _rows.Exactly("first_new_position", [golden.FirstNewPosition], [promptPositions.Next]);
            _rows.Exactly("rope_delta", [golden.RopeDeltaFull, golden.RopeDeltaPrompt], [positions.Next - golden.InputIds.Length, promptPositions.Next - prompt.Length]);
            VerifyFullSequence(full, positions);
            VerifySubsetSequence(subset, positions);

            var continuation = Math.Max(golden.CaptionIds.Length, golden.Full.Greedy.Length);
            using var videoPrompt = model.CreatePrompt(prompt, items, continuation);
            var losses = model.Decoder.CrossEntropy(videoPrompt, [full, subset], golden.CaptionIds);
            _rows.Outcome("full", golden.Full, losses[0], videoPrompt, full);
            _rows.Outcome("subset", golden.Subset, losses[1], videoPrompt, subset);
            if (changeWithoutEmptySteps is { } change)
            {
                using var droppable = model.CreatePrompt(prompt, items, continuation, Steps());
                var without = model.Decoder.CrossEntropy(droppable, [subset], golden.CaptionIds)[0];
                _rows.Rows.Add(tensors.Close("subset.ce change without empty steps", [(float)change], [(float)without.Zip(losses[1], (a, b) => Math.Abs(a - b)).Max()], 2 * ModelCaseRows.CrossEntropyTolerance));
            }

            return _rows.Rows;
        }

        /// <summary>The features of all items in sequence order, vectors first; videos and images go through the tower apart, as in the original code.</summary>
        private float[][] EncodeItems(VisualItem[] items)
        {
            var videos = EncodeKind(items, isVideo: true);
            var images = EncodeKind(items, isVideo: false);
            return [.. Enumerable.Range(0, 1 + model.Config.DeepStackLevels).Select(level =>
            {
                var features = new List<float>();
                var (nextVideo, nextImage) = (0, 0);
                foreach (var item in items)
                {
                    var length = item.Grid.Patches / model.Config.VisionConfig.MergeUnit * _dimension;
                    ref var next = ref item.IsVideo ? ref nextVideo : ref nextImage;
                    features.AddRange((item.IsVideo ? videos : images)[level].AsSpan(next, length));
                    next += length;
                }

                return features.ToArray();
            })];
        }

        private float[][] EncodeKind(VisualItem[] items, bool isVideo)
        {
            PatchGrid[] grids = [.. items.Where(item => item.IsVideo == isVideo).Select(item => item.Grid)];
            if (grids.Length == 0)
                return [];
            var (vision, prefix, kind) = (model.Config.VisionConfig, isVideo ? "vision" : "vision_image", isVideo ? "video" : "image");
            var bytes = tensors.File.Bytes(isVideo ? "pixel_values_videos_u8" : "pixel_values_u8");
            var patches = new float[bytes.Length];
            for (var i = 0; i < patches.Length; i++)
                patches[i] = (bytes[i] - 128) / 64f;
            float[] places = [.. grids.SelectMany(grid => Enumerable.Repeat(model.Vision.Positions.Interpolate(grid), grid.TimeSteps)).SelectMany(step => step)];
            _rows.Hidden($"{prefix}.pos_embed", places);
            _rows.Hidden($"{prefix}.rot_pos_emb", VisionLayout.Angles(vision.SpatialMergeSize, vision.HeadDim, grids));
            var ends = grids.SelectMany(grid => Enumerable.Repeat(grid.PatchesPerStep, grid.TimeSteps)).Aggregate(new List<int> { 0 }, (all, step) => [.. all, all[^1] + step]);
            _rows.Exactly($"{prefix}.cu_seqlens", [.. ends]);

            using var input = _kernels.Upload(patches, patches.Length / vision.PatchLength, vision.PatchLength);
            var outputs = model.Vision.Encode(input, grids, Observe);
            var features = Array.ConvertAll(outputs, _rows.Values);
            foreach (var (level, output) in outputs.Index())
            {
                _rows.Hidden(level == 0 ? $"{kind}_embeds" : $"{kind}_deepstack{level - 1}", features[level]);
                output.Dispose();
            }

            return features;

            void Observe(string name, Tensor x)
            {
                if (name == "vision.embedded")
                    _rows.Hidden($"{prefix}.patch_embed", [.. _rows.Values(x).Zip(places, (sum, place) => sum - place)]);
                else
                    _rows.Hidden(name.Replace("vision.", $"{prefix}.", StringComparison.Ordinal), x);
            }
        }

        private void VerifyFullSequence(KeptVisuals visuals, PositionIds positions)
        {
            var rows = VisualRows(golden.InputIds);
            using var embeddings = Embed(golden.InputIds, visuals, rows);
            using var rotary = Rotary(positions);
            _rows.Hidden("llm.mrope_cos", Doubled(rotary.Cos));
            _rows.Hidden("llm.mrope_sin", Doubled(rotary.Sin));
            using var hidden = model.LanguageModel.Forward(
                embeddings, rotary, PackedBatch.Single(golden.InputIds.Length), deepStack: new DeepStackRows(_kernels, rows, [visuals]), observe: _rows.Hidden);
            _rows.Hidden("llm.final_norm", _rows.Values(hidden));
            _rows.Logits("full.logits_caption", hidden, Enumerable.Range(golden.PromptLength - 1, golden.CaptionIds.Length));
            _rows.Logits("full.logits_all_positions_every8", hidden, Enumerable.Range(0, golden.InputIds.Length).Where(i => i % 8 == 0));
        }

        private void VerifySubsetSequence(KeptVisuals visuals, PositionIds positions)
        {
            var visualSeen = 0;
            var kept = Enumerable.Range(0, golden.InputIds.Length)
                .Where(i => !IsVisual(golden.InputIds[i]) || golden.KeepVisualIndices.Contains(visualSeen++)).ToArray();
            _rows.Exactly("subset.keep_visual_indices", golden.KeepVisualIndices);
            _rows.Exactly("subset.kept_sequence_indices", kept);
            _rows.Exactly("subset.position_ids", [.. Select(positions.Temporal), .. Select(positions.Height), .. Select(positions.Width)]);
            var rows = VisualRows(Select(golden.InputIds));
            using var embeddings = Embed(Select(golden.InputIds), visuals, rows);
            using var fullRotary = Rotary(positions);
            using var rotary = fullRotary.Gather(_kernels, kept);
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(kept.Length), deepStack: new DeepStackRows(_kernels, rows, [visuals]));
            _rows.Logits("subset.logits_caption", hidden, Enumerable.Range(kept.Length - golden.CaptionIds.Length - 1, golden.CaptionIds.Length));

            int[] Select(int[] values) => Array.ConvertAll(kept, i => values[i]);
        }

        /// <summary>The steps of all videos: a timestamp is "&lt;", digits and full stop one by one, " seconds", "&gt;"; a marker stands on either side of the pads.</summary>
        private PromptStep[] Steps()
        {
            var steps = new List<PromptStep>();
            var (rows, visual) = (VisualRows(golden.InputIds), 0);
            foreach (var item in golden.Items)
            {
                var tokens = item.GridThw[1] * item.GridThw[2] / model.Config.VisionConfig.MergeUnit;
                for (var t = 0; t < item.GridThw[0]; t++, visual += tokens)
                    if (item.TimestampStrings is { } strings)
                        steps.Add(new PromptStep(rows[visual] - 1 - (strings[t].Length - "<  seconds>".Length + 4), rows[visual] + tokens + 1, visual, tokens));
            }

            return [.. steps];
        }

        private Tensor Embed(int[] ids, KeptVisuals visuals, int[] rows)
        {
            var embeddings = model.LanguageModel.Embed(ids);
            using var source = _kernels.Upload(visuals.Vectors.Span, rows.Length, _dimension);
            _kernels.Scatter(source, rows, embeddings);
            return embeddings;
        }

        private RotaryTable Rotary(PositionIds positions) => RotaryTable.FromAngles(
            _kernels, positions.RotaryAngles(model.Config.TextConfig.RopeTheta, model.Config.MropeAxes()), positions.Length, model.Config.TextConfig.HeadDim / 2);

        private int[] VisualRows(int[] ids) => [.. Enumerable.Range(0, ids.Length).Where(i => IsVisual(ids[i]))];

        private bool IsVisual(int id) => id == model.Config.VideoTokenId || id == model.Config.ImageTokenId;

        private static KeptVisuals Visuals(float[][] features, int[] indices) =>
            new(indices, features[0]) { DeepStack = [.. features[1..].Select(level => (ReadOnlyMemory<float>)level)] };

        private KeptVisuals Gather(KeptVisuals all, int[] indices) => Visuals([.. all.DeepStack.Prepend(all.Vectors).Select(level => GatherRows(level, indices))], indices);

        private float[] GatherRows(ReadOnlyMemory<float> values, int[] rows) => [.. rows.SelectMany(row => values.Slice(row * _dimension, _dimension).ToArray())];

        /// <summary>The original code keeps each row of cos and sin twice.</summary>
        private float[] Doubled(Tensor x) => [.. _rows.Values(x).Chunk(x.Columns).SelectMany(row => row.Concat(row))];
    }
}
