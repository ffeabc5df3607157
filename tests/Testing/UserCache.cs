namespace Microsoft.ML.Score.Testing;

/// <summary>A user's cache directory of the test run's own, for the processes that it starts too; a test project derives its set-up fixture from it.</summary>
public abstract class UserCache
{
    private const string Variable = "XDG_CACHE_HOME";

    private TemporaryFolder? _folder;
    private string? _before;

    [OneTimeSetUp]
    public void Take()
    {
        _folder = new TemporaryFolder();
        _before = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, _folder.Path);
    }

    [OneTimeTearDown]
    public void GiveBack()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        _folder?.Dispose();
    }
}
