namespace Microsoft.ML.Score.Training;

[TestFixture]
public class AdamTests
{
    [Test]
    public void Update_HandWorkedSteps_FollowsThePaper()
    {
        var adam = new Adam(1);
        float[] parameters = [1f];

        adam.Update(parameters, [0.5f], learningRate: 0.1, step: 1); // corrected moments 0.5 and 0.25: a full step
        Assert.That(parameters[0], Is.EqualTo(0.9).Within(1e-6));

        adam.Update(parameters, [0f], learningRate: 0.1, step: 2);   // 0.045/0.19 and 0.00024975/0.001999
        Assert.That(parameters[0], Is.EqualTo(0.9 - 0.1 * (0.045 / 0.19) / Math.Sqrt(0.00024975 / 0.001999)).Within(1e-5));
    }

    [Test]
    public void Update_ZeroGradient_MovesNothing()
    {
        float[] parameters = [3f, -2f];
        new Adam(2).Update(parameters, [0f, 0f], 0.1, 1);
        Assert.That(parameters, Is.EqualTo(new[] { 3f, -2f }));
    }

    [Test]
    public void Update_AnyScaleOfGradient_TakesTheSameFirstStep()
    {
        foreach (var scale in new[] { 1e-4f, 1f, 1e4f })
        {
            float[] parameters = [0f];
            new Adam(1).Update(parameters, [scale], 0.005, 1);
            Assert.That(parameters[0], Is.EqualTo(-0.005).Within(1e-6));
        }
    }

    [TestCase(float.NaN, 0.1)]
    [TestCase(float.PositiveInfinity, 0.1)]
    [TestCase(1e25f, 0.1)]  // its square is beyond single precision
    [TestCase(1f, 1e39)]    // the weight is
    public void Update_NotFinite_SaysSoAndChangesNothing(float gradient, double learningRate)
    {
        float[] parameters = [3f, -2f], expected = [3f, -2f];
        Adam adam = new(2), undisturbed = new(2);
        adam.Update(parameters, [1f, 2f], 0.1, 1);
        undisturbed.Update(expected, [1f, 2f], 0.1, 1);

        Assert.That(adam.Update(parameters, [1f, gradient], learningRate, 2), Is.Not.Null);
        Assert.That(parameters, Is.EqualTo(expected));

        Assert.That(adam.Update(parameters, [0.5f, -1f], 0.1, 2), Is.Null);
        undisturbed.Update(expected, [0.5f, -1f], 0.1, 2);
        Assert.That(parameters, Is.EqualTo(expected));
        Assert.That((adam.FirstMoment, adam.SecondMoment), Is.EqualTo((undisturbed.FirstMoment, undisturbed.SecondMoment)));
    }

    [Test]
    public void Undo_AStep_RestoresWeightsAndMoments()
    {
        float[] parameters = [3f];
        var adam = new Adam(1);
        adam.Update(parameters, [1f], 0.1, 1);
        var (weight, first, second) = (parameters[0], adam.FirstMoment[0], adam.SecondMoment[0]);

        adam.Update(parameters, [-2f], 0.1, 2);
        adam.Undo(parameters);

        Assert.That((parameters[0], adam.FirstMoment[0], adam.SecondMoment[0]), Is.EqualTo((weight, first, second)));
    }
}
