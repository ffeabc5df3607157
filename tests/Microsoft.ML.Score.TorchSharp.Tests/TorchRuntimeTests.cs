using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class TorchRuntimeTests
{
    private const int LongestMessage = 500;

    [Test]
    public void RequireLibrary_NoNativeLibrary_NamesThePackages()
    {
        var runtime = Failing("Unable to load shared library 'LibTorchSharp' or one of its dependencies. Consider LD_DEBUG:\n/app/libLibTorchSharp.so: cannot open\n"
            + $"libtorch.so: cannot open shared object file\n/app/{new string('x', 2000)}/LibTorchSharp");

        Assert.That(
            () => runtime.RequireLibrary(),
            Throws.TypeOf<DllNotFoundException>().With.Message.StartsWith("TorchSharp's native library could not be loaded. Add the package TorchSharp-cpu 0.107.0")
                .And.Message.Contains("TorchSharp-cuda-linux").And.Message.Contains("Loader: libtorch.so: cannot open shared object file; /app/libLibTorchSharp.so").And.Message.Length.LessThan(LongestMessage));
    }

    [Test]
    public void RequireLibrary_OldStandardLibrary_NamesTheSystemsThatHaveIt()
    {
        var runtime = Failing("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)");

        Assert.That(
            () => runtime.RequireLibrary(),
            Throws.TypeOf<DllNotFoundException>().With.Message.Contains("libstdc++ of GCC 13.2 or later").And.Message.Contains("Debian 13 and Ubuntu 24.04")
                .And.Message.Contains("GLIBCXX_3.4.32").And.Message.Length.LessThan(LongestMessage));
    }

    [Test]
    public void RequireDevice_NoLibrary_IsSaidFirst() =>
        Assert.That(() => Failing("none").RequireDevice(0), Throws.TypeOf<DllNotFoundException>());

    [Test]
    public void RequireDevice_NoGpu_NamesThePackageAndTheOtherBackends() =>
        Assert.That(
            () => new TorchRuntime(() => { }, () => 0).RequireDevice(0),
            Throws.TypeOf<PlatformNotSupportedException>().With.Message.StartsWith("TorchSharp sees no CUDA device.")
                .And.Message.Contains("TorchSharp-cuda-linux").And.Message.Contains("TorchSharpBackend.Cpu").And.Message.Length.LessThan(LongestMessage));

    [Test]
    public void RequireDevice_IndexBeyondTheLast_SaysHowManyThereAre()
    {
        var runtime = new TorchRuntime(() => { }, () => 2);

        Assert.That(() => runtime.RequireDevice(2), Throws.TypeOf<PlatformNotSupportedException>().With.Message.StartsWith("There is no CUDA device 2: TorchSharp sees 2, numbered from 0 to 1."));
        runtime.RequireDevice(1);
    }

    [Test]
    public void Cuda_NegativeIndex_Throws()
    {
        Assert.That(() => TorchSharpBackend.Cuda(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => TorchSharpBackend.IsCudaAvailable(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Kernels_WithoutAGpu_FailsInTheMessageOfTheRuntime()
    {
        // With a GPU nothing fails here; what then is said of a missing one is tested above by a made-up runtime.
        if (torch.cuda.is_available())
            Assert.Ignore("There is a CUDA device.");

        Assert.That(() => TorchSharpBackend.Cuda(0).Kernels, Throws.TypeOf<PlatformNotSupportedException>());
        Assert.That(TorchSharpBackend.IsCudaAvailable(0), Is.False);
    }

    private static TorchRuntime Failing(string message) => new(() => throw new DllNotFoundException(message), () => 0);
}
