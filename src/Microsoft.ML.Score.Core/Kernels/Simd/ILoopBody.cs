namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>What <see cref="ParallelLoop{TBody}"/> does for each index; a struct, so that it is passed without a closure.</summary>
internal interface ILoopBody
{
    void Run(int index);
}
