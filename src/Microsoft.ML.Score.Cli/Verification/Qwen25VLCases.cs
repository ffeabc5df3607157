using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Cli.Verification;

/// <summary>
/// Golden cases beside a Qwen2.5-VL checkpoint: every intermediate of the vision tower and the language model, cross-entropy
/// and greedy decoding with all and with some visual tokens.
/// </summary>
internal static class Qwen25VLCases
{
    private const double HiddenTolerance = 5e-4;
    private const double LogitsTolerance = 5e-4;
    private const double CrossEntropyTolerance = 2e-4;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The names of the cases in a folder: each is a pair of a .json and a .safetensors file.</summary>
    public static IEnumerable<string> Names(string folder) => Directory.GetFiles(folder, "*.json")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => File.Exists(Path.Combine(folder, $"{name}.safetensors")))
        .Order(StringComparer.Ordinal);

    public static IEnumerable<VerificationRow> Verify(string folder, string backend, CancellationToken cancellationToken)
    {
        using var model = Qwen25VLModel.Load(CheckpointFiles.FromFolder(folder), KernelBackend.Create(backend));
        var folderName = new DirectoryInfo(folder).Name;
        foreach (var name in Names(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var tensors = SafetensorsFile.Open(Path.Combine(folder, $"{name}.safetensors"));
            var description = JsonSerializer.Deserialize<CaseDescription>(File.ReadAllBytes(Path.Combine(folder, $"{name}.json")), Json)!;
            foreach (var row in new CaseRun(model, description, new GoldenTensors($"{folderName}/{name}", tensors)).Run())
                yield return row;
        }
    }

    private sealed record CaseDescription(
        int[] InputIds, int PromptLength, int[] CaptionIds, ItemDescription[] Items, double[]? SecondPerGridTs,
        int FirstNewPosition, int[] KeepVisualIndices, OutcomeDescription Full, OutcomeDescription Subset);

    private sealed record ItemDescription(string Type, int[] GridThw);

    private sealed record OutcomeDescription([property: JsonPropertyName("ce_mean")] double CrossEntropyMean, int[] Greedy);

    private sealed class CaseRun(Qwen25VLModel model, CaseDescription golden, GoldenTensors tensors)
    {
        private readonly IKernels _kernels = model.Kernels;
        private readonly int _dimension = model.Config.TextConfig.HiddenSize;
        private readonly List<VerificationRow> _rows = [];

        public List<VerificationRow> Run()
        {
            var items = Items();
            var visual = EncodeItems(items);
            var positions = PositionIds.Compute(model.Config, golden.InputIds, items);
            var prompt = golden.InputIds[..golden.PromptLength];
            Exactly("position_ids", [.. positions.Temporal, .. positions.Height, .. positions.Width]);
            _rows.Add(tensors.Exactly("first_new_position", [golden.FirstNewPosition], [PositionIds.Compute(model.Config, prompt, items).Next]));
            VerifyFullSequence(visual, positions);
            VerifySubsetSequence(visual, positions);

            var full = new KeptVisuals(Enumerable.Range(0, visual.Length / _dimension).ToArray(), visual);
            var subset = new KeptVisuals(golden.KeepVisualIndices, GatherRows(visual, golden.KeepVisualIndices));
            using var videoPrompt = model.CreatePrompt(prompt, items, Math.Max(golden.CaptionIds.Length, golden.Full.Greedy.Length));
            var losses = model.Decoder.CrossEntropy(videoPrompt, [full, subset], golden.CaptionIds);
            VerifyOutcome("full", golden.Full, losses[0], videoPrompt, full);
            VerifyOutcome("subset", golden.Subset, losses[1], videoPrompt, subset);
            return _rows;
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
                Exactly("vision.window_index", layout.WindowIndex);
                Exactly("vision.cu_window_seqlens", Boundaries(layout.WindowSegments));
                Exactly("vision.cu_seqlens", Boundaries(layout.StepSegments));
                Close("vision.rot_pos_emb", layout.RotaryAngles, HiddenTolerance);
            }

            using var input = _kernels.Upload(patches, patches.Length / length, length);
            using var output = model.Vision.Encode(input, layout, isVideo ? ObserveHidden : null);
            Close(embeds, Values(output), HiddenTolerance);
            return Values(output);
        }

        private void VerifyFullSequence(float[] visual, PositionIds positions)
        {
            using var embeddings = Embed(golden.InputIds, visual);
            using var rotary = Rotary(positions);
            Close("llm.mrope_cos", Doubled(rotary.Cos), HiddenTolerance);
            Close("llm.mrope_sin", Doubled(rotary.Sin), HiddenTolerance);
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(golden.InputIds.Length), observe: ObserveHidden);
            Close("llm.final_norm", Values(hidden), HiddenTolerance);
            Logits("full.logits_caption", hidden, Enumerable.Range(golden.PromptLength - 1, golden.CaptionIds.Length));
            Logits("full.logits_all_positions_every8", hidden, Enumerable.Range(0, golden.InputIds.Length).Where(i => i % 8 == 0));
        }

        private void VerifySubsetSequence(float[] visual, PositionIds positions)
        {
            var visualSeen = 0;
            var kept = Enumerable.Range(0, golden.InputIds.Length)
                .Where(i => !IsVisual(golden.InputIds[i]) || golden.KeepVisualIndices.Contains(visualSeen++)).ToArray();
            Exactly("subset.keep_visual_indices", golden.KeepVisualIndices);
            Exactly("subset.kept_sequence_indices", kept);
            Exactly("subset.position_ids", [.. Select(positions.Temporal), .. Select(positions.Height), .. Select(positions.Width)]);
            using var embeddings = Embed(Select(golden.InputIds), GatherRows(visual, golden.KeepVisualIndices));
            using var fullRotary = Rotary(positions);
            using var rotary = fullRotary.Gather(_kernels, kept);
            using var hidden = model.LanguageModel.Forward(embeddings, rotary, PackedBatch.Single(kept.Length));
            Logits("subset.logits_caption", hidden, Enumerable.Range(kept.Length - golden.CaptionIds.Length - 1, golden.CaptionIds.Length));

            int[] Select(int[] values) => Array.ConvertAll(kept, i => values[i]);
        }

        private void VerifyOutcome(string name, OutcomeDescription outcome, double[] losses, VideoPrompt prompt, KeptVisuals kept)
        {
            Close($"{name}.ce", Array.ConvertAll(losses, loss => (float)loss), CrossEntropyTolerance);
            _rows.Add(tensors.Close($"{name}.ce_mean", [(float)outcome.CrossEntropyMean], [(float)losses.Average()], CrossEntropyTolerance));
            var ids = new List<int>();
            var logits = new List<float>();
            foreach (var step in model.Decoder.Greedy(prompt, kept, outcome.Greedy.Length))
            {
                ids.Add(step.Id);
                logits.AddRange(Values(step.Logits));
            }

            _rows.Add(tensors.Exactly($"{name}.greedy", outcome.Greedy, ids.ToArray()));
            Close($"{name}.greedy_logits", [.. logits], LogitsTolerance);
        }

        private void ObserveHidden(string quantity, Tensor x)
        {
            // Only what is compared is worth downloading.
            if (Holds(quantity))
                Close(quantity, Values(x), HiddenTolerance);
        }

        private void Logits(string quantity, Tensor hidden, IEnumerable<int> rows)
        {
            using var selected = _kernels.Gather(hidden, rows.ToArray());
            using var logits = model.LanguageModel.Logits(selected);
            Close(quantity, Values(logits), LogitsTolerance);
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
        private float[] Doubled(Tensor x) => [.. Values(x).Chunk(x.Columns).SelectMany(row => row.Concat(row))];

        private float[] Values(Tensor x)
        {
            var values = new float[x.Rows * x.Columns];
            _kernels.Download(x, values);
            return values;
        }

        /// <summary>Not every case holds every intermediate.</summary>
        private bool Holds(string quantity) => tensors.File.Tensors.ContainsKey(quantity);

        private void Close(string quantity, float[] actual, double tolerance)
        {
            if (Holds(quantity))
                _rows.Add(tensors.Close(quantity, tensors.File.ReadSingle(quantity), actual, tolerance));
        }

        private void Exactly(string quantity, int[] actual)
        {
            if (Holds(quantity))
                _rows.Add(tensors.Exactly(quantity, Array.ConvertAll(tensors.File.ReadInt64(quantity), value => (int)value), actual));
        }
    }
}
