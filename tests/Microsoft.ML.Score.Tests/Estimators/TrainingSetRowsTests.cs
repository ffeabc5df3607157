using Microsoft.ML.Data;
using Microsoft.ML.Score.Datasets.Training;

namespace Microsoft.ML.Score.Estimators;

/// <summary>What the readers of training sets give is a data view without further ado.</summary>
[TestFixture]
public class TrainingSetRowsTests
{
    [Test]
    public void LoadFromEnumerable_CaptionedFiles_HasTheirColumnsAndReadsAnew()
    {
        var folder = Directory.CreateTempSubdirectory("score-tests-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "a.jpg"), "");
            File.WriteAllText(Path.Combine(folder, "set.json"), """[{"image": "a.jpg", "conversations": [{"from": "gpt", "value": "A cat."}]}]""");

            var view = new MLContext().Data.LoadFromEnumerable(TrainingSet.Read(Path.Combine(folder, "set.json"), TrainingSetFormat.Llava));

            Assert.That(view.Schema.Select(column => column.Name), Is.EquivalentTo(new[] { "Path", "Caption", "IsStill", "Name", "Place" }));
            for (var reading = 0; reading < 2; reading++)
                Assert.That(view.GetColumn<string>("Path"), Is.EqualTo(new[] { Path.Combine(folder, "a.jpg") }));
            Assert.That(view.GetColumn<bool>("IsStill"), Is.EqualTo(new[] { true }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
