using System.Runtime.InteropServices;
using Microsoft.ML.Score.TorchSharp;
using TorchSharp;

/// <summary>Before any test: this machine's native libraries load, with help where only a marker of the C++ library is missing.</summary>
[SetUpFixture]
public class NativeLibrariesSetUp
{
    [OneTimeSetUp]
    public void Load()
    {
        if (TryLoad())
            return;
        OldStandardLibrary.TryRelax(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));
        // LibTorch is packed for three systems alone; on one of those a library that does not load is a failure.
        if (!TryLoad() && RuntimeInformation.RuntimeIdentifier is not ("linux-x64" or "win-x64" or "osx-arm64"))
            Assert.Ignore($"There is no LibTorch for {RuntimeInformation.RuntimeIdentifier}.");
    }

    private static bool TryLoad() => NativeLibrary.TryLoad("LibTorchSharp", typeof(torch).Assembly, null, out _);
}
