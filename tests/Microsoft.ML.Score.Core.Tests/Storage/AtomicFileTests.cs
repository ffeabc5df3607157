namespace Microsoft.ML.Score.Storage;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AtomicFileTests : IDisposable
{
    private const string Guid = "0123456789abcdef0123456789abcdef";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void RemoveAbandoned_OfAFile_TakesItsOwnTemporariesAlone()
    {
        string[] others = ["out", $"out.{Guid}.tmp.bak", $"other.{Guid}.tmp", "out.tmp", $"out.{Guid[1..]}.tmp", $"out.{Guid.ToUpperInvariant()}.tmp", $".{Guid}.tmp"];
        foreach (var name in others.Append($"out.{Guid}.tmp"))
            File.WriteAllText(_folder.File(name), name);

        AtomicFile.RemoveAbandoned(_folder.File("out"));

        Assert.That(Directory.GetFiles(_folder.Path).Select(Path.GetFileName), Is.EquivalentTo(others));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need rights there.")]
    public void Write_ThroughALink_ReplacesItsTargetAndKeepsIt([Values] bool targetExists)
    {
        if (targetExists)
            File.WriteAllText(_folder.File("target"), "old");
        File.CreateSymbolicLink(_folder.File("link"), "target");
        File.CreateSymbolicLink(_folder.File("second"), _folder.File("link"));

        AtomicFile.Write(_folder.File("second"), stream => stream.Write("new"u8));

        Assert.That(File.ReadAllText(_folder.File("target")), Is.EqualTo("new"));
        Assert.That((new FileInfo(_folder.File("link")).LinkTarget, new FileInfo(_folder.File("second")).LinkTarget), Is.EqualTo(("target", _folder.File("link"))));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need rights there.")]
    public void Take_ThroughALink_IsTheLockOfItsTarget()
    {
        File.CreateSymbolicLink(_folder.File("link"), "target");
        using var held = FileLock.Take(_folder.File("target"));

        Assert.That(() => FileLock.Take(_folder.File("link")), Throws.InstanceOf<IOException>().With.Message.Contains($"process {Environment.ProcessId}"));
    }

    [Test]
    public void RemoveAbandoned_WhileAnotherWrites_LeavesWhatItWrites()
    {
        AtomicFile.Write(_folder.File("out"), stream =>
        {
            stream.WriteByte(1);
            AtomicFile.RemoveAbandoned(_folder.File("out"));
        });

        Assert.That(File.ReadAllBytes(_folder.File("out")), Is.EqualTo(new byte[] { 1 }));
    }

    /// <summary>Between making and locking a temporary file, and between closing and moving it, nobody can tell that it is alive.</summary>
    [Test]
    public void Write_BesideTemporariesOfBefore_RemovesThoseThatAreOldAndNobodys()
    {
        string Temporary(string name, char digit) => _folder.File($"{name}.{new string(digit, 32)}.tmp");
        var (old, held, fresh, others) = (Temporary("a.json", '1'), Temporary("a.json", '2'), Temporary("a.json", '3'), Temporary("b.json", '4'));
        foreach (var file in new[] { old, held, fresh, others })
        {
            File.WriteAllText(file, "half");
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(file == fresh ? 0 : -2));
        }

        using (new FileStream(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            AtomicFile.Write(_folder.File("a.json"), stream => stream.Write("new"u8));

        Assert.That(Directory.GetFiles(_folder.Path).Order(), Is.EqualTo(new[] { _folder.File("a.json"), held, fresh, others }.Order()));
        Assert.That(File.ReadAllText(_folder.File("a.json")), Is.EqualTo("new"));
    }

    [Test]
    public void Write_WhileOthersRemoveAllTheTime_Succeeds()
    {
        using var stop = new CancellationTokenSource();
        var removing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                AtomicFile.RemoveAbandoned(_folder.Path, _ => true);
        });

        for (byte i = 0; i < 200; i++)
        {
            AtomicFile.Write(_folder.File($"out{i}"), stream => stream.WriteByte(i));
            Assert.That(new FileInfo(_folder.File($"out{i}")).Length, Is.EqualTo(1));
        }

        stop.Cancel();
        removing.Wait();
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(200));
    }

    [Test]
    public void Write_Fails_LeavesTheOldFileAndNothingElse()
    {
        File.WriteAllText(_folder.File("out"), "old");

        Assert.That(() => AtomicFile.Write(_folder.File("out"), _ => throw new IOException("full")), Throws.TypeOf<IOException>().With.Message.EqualTo("full"));
        Assert.That(Directory.GetFiles(_folder.Path).Select(File.ReadAllText), Is.EqualTo(new[] { "old" }));
    }
}
