using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class TorchCallsTests
{
    private readonly TorchCalls _calls = new("torch-cuda:0");

    [Test]
    public void Run_OutOfDeviceMemory_SaysWhatWasAskedForAndWhatToLower()
    {
        var cause = new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB.\nException raised from malloc at frame #0");

        Assert.That(
            () => _calls.Run<int>($"a linear layer [{5}, 3]", () => throw cause),
            Throws.TypeOf<InsufficientMemoryException>().With.InnerException.SameAs(cause)
                .And.Message.EqualTo(
                    "The backend torch-cuda:0 has no memory left for a linear layer [5, 3]: CUDA out of memory. Tried to allocate 2.00 GiB. Give it less at a time: fewer or "
                    + "smaller frames, a lower retention ratio, fewer rollouts; or end what else uses the device."));
    }

    [Test]
    public void Allocate_MoreThanTheMachineHas_IsOutOfMemory() =>
        Assert.That(
            () => TorchSharpBackend.Cpu.Kernels.Allocate(1 << 30, 1 << 20),
            Throws.TypeOf<InsufficientMemoryException>().With.Message.Contains("torch-cpu").And.Message.Contains("a tensor [1073741824, 1048576]"));

    [Test]
    public void Run_RefusedShapes_NamesTheOperation() =>
        Assert.That(
            () => _calls.Run($"a product", () => torch.zeros(2, 3).mm(torch.zeros(2, 3))),
            Throws.TypeOf<InvalidOperationException>().With.Message.StartsWith("The backend torch-cuda:0 failed in a product: "));
}
