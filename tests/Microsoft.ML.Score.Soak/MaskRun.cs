namespace Microsoft.ML.Score.Soak;

/// <summary>Uses nothing but ML.NET: what an application does that only knows the zip.</summary>
internal static class MaskRun
{
    public static int Run(string zip)
    {
        var context = new MLContext();
        var model = context.Model.Load(zip, out _);
        var engine = context.Model.CreatePredictionEngine<FeatureRow, MaskPrediction>(model);
        for (var seed = 0; seed < 3; seed++)
            Console.WriteLine(engine.Predict(FeatureRow.Small(seed)).Text);
        return 0;
    }
}
