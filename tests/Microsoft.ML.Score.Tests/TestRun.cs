// Outside of namespaces, so that it is of the whole assembly.
[SetUpFixture]
public sealed class TestRun : UserCache;
