using System.Diagnostics;

namespace Score.KillLoop;

/// <summary>The process that is killed: <c>score train</c> that encodes many videos into a folder of features and takes a step.</summary>
internal static class FeaturesChild
{
    private const string Features = "features";

    public static KilledWork Work { get; } = new("feature cache", Start, Result);

    private static ProcessStartInfo Start(string folder) => new(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "score.dll"), "train", "--data", "synthetic", "--synthetic-images", "8", "--synthetic-videos", "96", "--synthetic-validation", "1",
            "--warm-up-steps", "1", "--main-steps", "0", "--batch-size", "1", "--output", Path.Combine(folder, "policy.safetensors"), "--features", Path.Combine(folder, Features), "--feature-type", "f32", "--overwrite",
        ])
    { RedirectStandardOutput = true };

    private static byte[] Result(string folder)
    {
        Console.WriteLine($"{Directory.GetFiles(Path.Combine(folder, Features)).Length} feature files, no other");
        return FolderContent.Read(folder);
    }
}
