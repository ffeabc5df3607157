namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>A row of grid_thw: T time steps of Height x Width patches.</summary>
internal readonly record struct PatchGrid(int TimeSteps, int Height, int Width)
{
    public int PatchesPerStep => Height * Width;

    public int Patches => TimeSteps * PatchesPerStep;

    public override string ToString() => $"{TimeSteps}x{Height}x{Width}";
}

/// <summary>One image or video of a prompt. SecondsPerGrid (second_per_grid_ts) is ignored for images.</summary>
internal readonly record struct VisualItem(bool IsVideo, PatchGrid Grid, double SecondsPerGrid = 1.0);
