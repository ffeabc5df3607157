using Microsoft.ML.Score.Architecture.Reading;
using Microsoft.ML.Score.Architecture.Sample;

namespace Microsoft.ML.Score.Architecture;

/// <summary>The reader finds what is known to be there; one that silently found nothing would pass every rule.</summary>
[TestFixture]
public class ReferenceReaderTests
{
    [TestCase(nameof(BaseType))]
    [TestCase("IImplemented")]
    [TestCase(nameof(FieldType))]
    [TestCase(nameof(ParameterType))]
    [TestCase(nameof(ResultType))]
    [TestCase(nameof(TypeArgument))]
    [TestCase("IConstraint")]
    [TestCase(nameof(MarkAttribute))]
    [TestCase(nameof(CreatedType))]
    [TestCase(nameof(CalledType))]
    [TestCase(nameof(CreatedInLambda))]
    [TestCase(nameof(CreatedInIterator))]
    [TestCase(nameof(CreatedAfterAwait))]
    [TestCase(nameof(CaughtType))]
    [TestCase(nameof(TestedType))]
    [TestCase(nameof(EnumType))]
    public void References_OfEachKind_AreFoundWithFileAndFolder(string type)
    {
        var tests = CompiledProject.Read("tests/Microsoft.ML.Score.Architecture.Tests");

        Assert.That(tests.References, Has.One.EqualTo(new TypeReference("Sample/Users/User.cs", type, "Sample/Used/Types.cs")));
    }

    [Test]
    public void References_OfTypeWithOtherNamespaceThanFolder_AreToldByFile() =>
        Assert.That(
            Projects.Core.References,
            Has.One.Matches<TypeReference>(reference => reference is { File: "Models/Loading/VideoModel.cs", UsedType: "Qwen25VLVideoModel", UsedFolder: "Models/Qwen25VL" }));

    [Test]
    public void Cycles_OfTwoFoldersOverAThird_NameEveryStep()
    {
        TypeReference[] references = [new("A/1.cs", "B", "B/2.cs"), new("B/2.cs", "C", "C/3.cs"), new("C/3.cs", "A", "A/1.cs"), new("D/4.cs", "A", "A/1.cs")];

        var cycle = FolderCycles.Find(references).Single();

        Assert.That(cycle.Split(Environment.NewLine), Is.EquivalentTo(references[..3].Select(reference => reference.ToString())));
    }

    [Test]
    public void Cycles_OfOneWayReferences_AreNone()
    {
        TypeReference[] references = [new("A/1.cs", "B", "B/2.cs"), new("B/2.cs", "C", "C/3.cs"), new("A/1.cs", "C", "C/3.cs")];

        Assert.That(FolderCycles.Find(references), Is.Empty);
    }
}
