using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// Holds an assembly's public API to the list kept beside the test, so that a change of it is seen in review.
/// A test project writes one test:
/// <code>[Test] public void PublicApi_Always_IsTheListedOne() => PublicApiBaseline.Check(typeof(TokenGrid).Assembly);</code>
/// </summary>
public static class PublicApiBaseline
{
    private const string FileName = "PublicApi.txt";
    private const string UpdateVariable = "UPDATE_PUBLIC_API";

    /// <summary>Fails with the differences, unless the environment variable UPDATE_PUBLIC_API is 1: then the list is rewritten.</summary>
    public static void Check(Assembly assembly, [CallerFilePath] string testFile = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, FileName);
        string[] actual = [.. PublicApiText.TypesOf(assembly).SelectMany(Lines)];
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(path, string.Concat(actual.Select(line => line + "\n")));
            return;
        }

        var listed = File.Exists(path) ? File.ReadAllLines(path) : [];
        var added = actual.Except(listed).Select(line => "+ " + line);
        var removed = listed.Except(actual).Select(line => "- " + line);
        var differences = string.Join('\n', added.Concat(removed));
        if (differences.Length > 0)
            Assert.Fail($"The public API of {assembly.GetName().Name} is not the one listed in {path}:\n{differences}\nIf that is meant, run this test with {UpdateVariable}=1 and commit the list.");
    }

    // One line stands alone in a diff: members carry the full name of their type.
    private static IEnumerable<string> Lines(Type type)
    {
        var name = $"{type.Namespace}.{PublicApiText.NameOf(type)}";
        return PublicApiText.Members(type)
            .Select(member => $"{name}: {member}")
            .Order(StringComparer.Ordinal)
            .Prepend($"{name}: {PublicApiText.Header(type)}");
    }
}
