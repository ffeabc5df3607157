using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.ML.Score.Serving;

[TestFixture]
internal sealed class PoolHealthCheckTests : PoolFixture
{
    [Test]
    public async Task Check_FileComesIsDamagedAndMended_TellsEachState()
    {
        var health = Provider(options => options.FromFile("served", File1)).GetRequiredService<HealthCheckService>();

        var missing = await health.CheckHealthAsync();
        Assert.That(missing.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(missing.Entries["ScorePredictionEnginePool<Number, Total>"].Description, Does.Contain("'served'").And.Contain(File1));

        Adders.Save(File1, 1);
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy), "the check loads what is not loaded yet");

        File.WriteAllText(File1, "not a pipeline");
        Assert.That(Within(() => health.CheckHealthAsync().Result.Status == HealthStatus.Degraded));
        var degraded = (await health.CheckHealthAsync()).Entries.Values.Single();
        Assert.That(degraded.Description, Does.Contain("'served'").And.Contain("former"));
        Assert.That(degraded.Exception, Is.Not.Null);

        Adders.Save(File1, 2);
        Assert.That(Within(() => health.CheckHealthAsync().Result.Status == HealthStatus.Healthy));
    }

    [Test]
    public async Task Check_FileDeleted_IsDegradedUntilItComesBack()
    {
        Adders.Save(File1, 1);
        var bytes = File.ReadAllBytes(File1);
        var health = Provider(options => options.FromFile(File1)).GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));

        File.Delete(File1);
        Assert.That(Within(() => health.CheckHealthAsync().Result.Status == HealthStatus.Degraded));

        File.WriteAllBytes(File1, bytes);
        Assert.That(Within(() => health.CheckHealthAsync().Result.Status == HealthStatus.Healthy));
    }

    [Test]
    public async Task Check_PoolWithoutModels_IsUnhealthy() =>
        Assert.That((await Provider(_ => { }).GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Unhealthy));
}
