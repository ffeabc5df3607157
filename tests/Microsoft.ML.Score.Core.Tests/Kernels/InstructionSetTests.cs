using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Score.Kernels;

/// <summary>Runs <see cref="KernelEqualityTests"/> in processes that are denied the wider instruction sets; the test run itself uses the widest.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Children)]
public class InstructionSetTests
{
    private static readonly string[] s_narrowToWide = ["scalar", "128 bits", "256 bits", "512 bits"];

    /// <summary>The widest vectors that the runtime offers to this process.</summary>
    public static string Available => s_narrowToWide[
        Vector512.IsHardwareAccelerated ? 3 : Vector256.IsHardwareAccelerated ? 2 : Vector128.IsHardwareAccelerated ? 1 : 0];

    [TestCase("DOTNET_EnableHWIntrinsic", "scalar")]
    [TestCase("DOTNET_EnableAVX", "128 bits")]
    [TestCase("DOTNET_EnableAVX512", "256 bits")]
    public void Kernels_WithoutWiderInstructions_EqualTheReference(string switchedOff, string expected)
    {
        // Instructions can be denied to a process, not given to it: a processor without the wider ones has nothing to compare.
        if (Array.IndexOf(s_narrowToWide, Available) < Array.IndexOf(s_narrowToWide, expected))
            Assert.Ignore($"This process has vectors of {Available} only.");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(InstructionSetTests).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[switchedOff] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        Assert.That(output.Trim(), Is.EqualTo(expected));
    }
}
