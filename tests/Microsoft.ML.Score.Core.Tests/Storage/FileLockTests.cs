namespace Microsoft.ML.Score.Storage;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FileLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.bin");

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Take_HeldInThisProcess_NamesTheHolder()
    {
        using (FileLock.Take(Output, "score train"))
            Assert.That(() => FileLock.Take(Output), Throws.TypeOf<IOException>().With.Message.Contains(Output)
                .And.Message.Contains($"process {Environment.ProcessId} on {Environment.MachineName}, since 20").And.Message.Contains("score train"));

        using var next = FileLock.Take(Output);
        Assert.That(File.Exists(next.Path));
    }

    [Test]
    public void Dispose_RemovesTheLockFile()
    {
        FileLock.Take(Output).Dispose();

        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [TestCase("")]
    [TestCase("score-lock/1\nprocess 1 on here, since 2020-01-01 00:00:00 UTC, score train\n00000000000000000000000000000000\n")]
    public void Take_FileOfADeadProcess_IsTakenOver(string left)
    {
        File.WriteAllText(Output + FileLock.Extension, left);

        FileLock.Take(Output).Dispose();

        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void Take_FileOfSomethingElse_IsRefusedAndLeft()
    {
        File.WriteAllText(Output + FileLock.Extension, "lock of a package manager\n");

        Assert.That(() => FileLock.Take(Output), Throws.TypeOf<IOException>().With.Message.Contains("holds something else"));
        Assert.That(File.ReadAllText(Output + FileLock.Extension), Is.EqualTo("lock of a package manager\n"));
    }

    /// <summary>Holders come and go at once: a lock on a file that its last holder removed must count for nothing.</summary>
    [Test]
    public void Take_ManyAtOnce_OneHoldsAtATime()
    {
        var (holders, most, taken) = (0, 0, 0);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (var i = 0; i < 400; i++)
                try
                {
                    using var held = FileLock.Take(Output);
                    var now = Interlocked.Increment(ref holders);
                    InterlockedMax(ref most, now);
                    Thread.SpinWait(200);
                    Interlocked.Decrement(ref holders);
                    Interlocked.Increment(ref taken);
                }
                catch (IOException)
                {
                    Thread.Yield(); // another holds it
                }
        });

        Assert.That((most, taken), Is.EqualTo((1, taken)));
        Assert.That(taken, Is.Positive);
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
