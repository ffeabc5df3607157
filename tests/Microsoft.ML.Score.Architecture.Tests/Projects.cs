using Microsoft.ML.Score.Architecture.Reading;

namespace Microsoft.ML.Score.Architecture;

/// <summary>The compiled projects under src.</summary>
internal static class Projects
{
    public static CompiledProject Core { get; } = CompiledProject.Read("src/Microsoft.ML.Score.Core");

    public static CompiledProject Score { get; } = CompiledProject.Read("src/Microsoft.ML.Score");

    public static CompiledProject Datasets { get; } = CompiledProject.Read("src/Microsoft.ML.Score.Datasets");

    public static CompiledProject Reports { get; } = CompiledProject.Read("src/Microsoft.ML.Score.Reports");

    public static CompiledProject TorchSharp { get; } = CompiledProject.Read("src/Microsoft.ML.Score.TorchSharp");

    public static CompiledProject Cli { get; } = CompiledProject.Read("src/Microsoft.ML.Score.Cli", "score");

    public static IReadOnlyList<CompiledProject> All { get; } = [Core, Score, Datasets, Reports, TorchSharp, Cli];
}
