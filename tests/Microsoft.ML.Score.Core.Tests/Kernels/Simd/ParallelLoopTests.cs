namespace Microsoft.ML.Score.Kernels.Simd;

[TestFixture]
public class ParallelLoopTests
{
    [Test]
    public void Run_AnyCount_VisitsEachIndexOnce()
    {
        for (var count = 0; count <= 256; count++)
        {
            var visits = new int[count];
            ParallelLoop<Visit>.Run(count, new Visit(visits, _ => { }));
            Assert.That(visits, Is.All.EqualTo(1), $"{count} indices");
        }
    }

    [Test]
    public void Run_InsideALoop_Ends()
    {
        var visits = new int[20];
        ParallelLoop<Visit>.Run(20, new Visit(visits, _ => ParallelLoop<Visit>.Run(5, new Visit(new int[5], _ => { }))));

        Assert.That(visits, Is.All.EqualTo(1));
    }

    [Test]
    public void Run_FromManyThreadsAtOnce_KeepsTheLoopsApart()
    {
        Parallel.For(0, 64, _ =>
        {
            var visits = new int[100];
            ParallelLoop<Visit>.Run(100, new Visit(visits, _ => { }));
            Assert.That(visits, Is.All.EqualTo(1));
        });
    }

    [Test]
    public void Run_BodyThrows_RethrowsWhenAllAreThrough()
    {
        var visits = new int[30];
        var visit = new Visit(visits, index =>
        {
            if (index == 7)
                throw new InvalidOperationException("seven");
        });

        Assert.That(() => ParallelLoop<Visit>.Run(30, visit), Throws.InvalidOperationException.With.Message.EqualTo("seven"));
        Assert.That(visits, Is.All.EqualTo(1));
        Assert.That(() => ParallelLoop<Visit>.Run(3, new Visit(visits, _ => { })), Throws.Nothing);
    }

    [Test]
    public void Product_OnAllThreads_AllocatesNothingPerCall()
    {
        const int size = 256;
        var (a, b, c) = (new float[size * size], new float[size * size], new float[size * size]);
        for (var i = 0; i < 3; i++)
            MatrixProduct.Multiply(a, b, c, size, size, size);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            MatrixProduct.Multiply(a, b, c, size, size, size);

        // The thread pool may still enlarge its queue, once.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2048));
    }

    private readonly record struct Visit(int[] Visits, Action<int> Then) : ILoopBody
    {
        public void Run(int index)
        {
            Interlocked.Increment(ref Visits[index]);
            Then(index);
        }
    }
}
