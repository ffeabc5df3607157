using System.Runtime.CompilerServices;

namespace Microsoft.ML;

/// <summary>Whatever is public here must be public in ML.NET 5.0.0, with the same declaration; ML.NET has more.</summary>
public class PublicApiTests
{
    private static readonly MLNetApi Listed = MLNetApi.Read(Path.Combine(SourceFolder(), "mlnet-public-api.txt"));

    private static Type[] PublicTypes() => [.. PublicApiText.TypesOf(typeof(MLContext).Assembly)];

    [TestCaseSource(nameof(PublicTypes))]
    public void PublicType_Always_IsDeclaredAsInMLNet(Type type)
    {
        Assert.That(Listed.Types, Contains.Key($"{type.Namespace}.{PublicApiText.NameOf(type)}"));
        var listed = Listed.Types[$"{type.Namespace}.{PublicApiText.NameOf(type)}"];

        Assert.Multiple(() =>
        {
            Assert.That(PublicApiText.Header(type), Is.EqualTo(listed.Header));
            Assert.That(PublicApiText.Members(type).Except(listed.Members), Is.Empty);
            foreach (var ancestor in Ancestors(type))
                Assert.That(listed.Declaration, Does.Contain(PublicApiText.NameOf(ancestor)));
        });
    }

    [Test]
    public void Listing_WhereTheFullOneIsAtHand_AgreesWithIt()
    {
        var path = Path.Combine(SourceFolder(), "../../../shared/specs/mlnet-public-api.txt");
        // The listing in this project holds what is built here; the full one, of all of ML.NET, lies beside the repository only.
        if (!File.Exists(path))
            Assert.Ignore("There is no ../shared/specs/mlnet-public-api.txt beside the repository");

        var full = MLNetApi.Read(path);
        Assert.Multiple(() =>
        {
            foreach (var (name, type) in Listed.Types)
            {
                Assert.That(full.Types, Contains.Key(name));
                Assert.That(type.Declaration, Is.EqualTo(full.Types[name].Declaration));
                Assert.That(type.Members, Is.EqualTo(full.Types[name].Members));
            }
        });
    }

    private static IEnumerable<Type> Ancestors(Type type) =>
        type.IsClass && !type.IsSubclassOf(typeof(Delegate)) && type.BaseType != typeof(object)
            ? [type.BaseType]
            : type.IsInterface ? type.GetInterfaces().Except(type.GetInterfaces().SelectMany(inherited => inherited.GetInterfaces())) : [];

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file);
}
