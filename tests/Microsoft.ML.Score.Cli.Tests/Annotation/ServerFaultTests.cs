namespace Score.Cli.Annotation;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ServerFaultTests : AnnotationRun
{
    [TestCase(400)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(422)]
    public async Task Run_RequestThatIsRefused_IsNotTriedAgainAndTheKeyStaysSecret(int status)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(status, $$$"""{"error": {"message": "not with {{{Key}}}\nplease", "type": "refused"}}"""));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("not with ***").And.Not.Contain(Key));
    }

    /// <summary>What no other row would fare better with ends the run; what may be the row's own fault does not.</summary>
    [TestCase(401, "{}", 1)]
    [TestCase(402, "{}", 3)]
    [TestCase(403, "{}", 3)]
    [TestCase(404, "{}", 3)]
    [TestCase(301, "", 3)]
    [TestCase(429, """{"error": {"code": "insufficient_quota"}}""", 3)]
    [TestCase(400, """{"error": {"code": "model_not_found"}}""", 3)]
    [TestCase(200, """{"error": {"code": 403, "message": "no"}}""", 3)]
    [TestCase(503, "{}", 10, 1)]
    [TestCase(200, "<html>", 10, 1)]
    [TestCase(400, "{}", 12)]
    [TestCase(422, "{}", 12)]
    public async Task Run_FaultOfTheEndpoint_EndsTheRunAfterAFewRows(int status, string body, int rows, int maxRetries = 0)
    {
        using var server = new TeacherServer((_, prompt) => prompt == "Old: good" ? TeacherAnswer.Caption("A circle.") : new TeacherAnswer(status, body));

        var counts = await Annotate(server, [Row("image-99", "good"), .. Enumerable.Range(0, 12).Select(index => Row($"image-{index}"))], maxRetries: maxRetries);

        Assert.That((counts.Annotated, counts.Failed, counts.Stopped is not null), Is.EqualTo((1, rows, rows < 12)));
        Assert.That((server.Prompts.Count, Lines("out").Length, Lines("failed").Length), Is.EqualTo((1 + rows * (1 + maxRetries), 1, rows)));
    }

    [Test]
    public async Task Run_FaultsOfTheEndpointBetweenAnswers_DoNotEndTheRun()
    {
        using var server = new TeacherServer((call, _) => call % 3 == 2 ? TeacherAnswer.Caption("A circle.") : new TeacherAnswer(403, "{}"));

        var counts = await Annotate(server, [.. Enumerable.Range(0, 9).Select(index => Row($"image-{index}"))]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(3, 0, 6)));
    }
}
