using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// The patches of a video in groups of time steps, which never see each other in the vision towers of Qwen: as many together as the backend takes.
/// </summary>
internal static class StepGroups
{
    /// <summary>The groups, one after the other, each the caller's to dispose.</summary>
    /// <param name="kernels">The backend.</param>
    /// <param name="steps">The patches of each time step, [grid.PatchesPerStep, patchLength]; each is copied before the next is asked for.</param>
    /// <param name="grid">The grid of all of them.</param>
    /// <param name="patchLength">Values of a patch.</param>
    public static IEnumerable<(Tensor Patches, PatchGrid Grid)> Upload(IKernels kernels, IEnumerable<ReadOnlyMemory<float>> steps, PatchGrid grid, int patchLength)
    {
        var stepLength = grid.PatchesPerStep * patchLength;
        var patches = new float[StepsAtATime(grid, kernels.Limits) * stepLength];
        var pending = 0;
        foreach (var step in steps)
        {
            step.Span.CopyTo(patches.AsSpan(pending++ * stepLength));
            if (pending * stepLength < patches.Length)
                continue;
            yield return Group();
            pending = 0;
        }

        if (pending > 0)
            yield return Group();

        (Tensor, PatchGrid) Group()
        {
            var part = grid with { TimeSteps = pending };
            return (kernels.Upload(patches.AsSpan(0, pending * stepLength), part.Patches, patchLength), part);
        }
    }

    /// <summary>The patches of a group of a video of this grid, on a backend in main memory.</summary>
    public static long PatchesAtATime(PatchGrid grid) => StepsAtATime(grid, ActivationLimits.MainMemory) * (long)grid.PatchesPerStep;

    /// <summary>T*N*D of a video, which one array must hold for whoever asks for the vectors.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static int VectorsLength(PatchGrid grid, int mergeUnit, int dimension)
    {
        var length = (long)(grid.Patches / mergeUnit) * dimension;
        return length <= Array.MaxLength ? (int)length : throw new ArgumentException(
            $"The visual tokens of a grid of {grid} patches have {length} values; one video holds at most {Array.MaxLength}.", nameof(grid));
    }

    private static int StepsAtATime(PatchGrid grid, ActivationLimits limits) => Math.Clamp(limits.Patches / grid.PatchesPerStep, 1, grid.TimeSteps);
}
