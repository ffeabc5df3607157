namespace Microsoft.ML;

/// <summary>A listing of ML.NET's public API: for each type its declaration and the lines of its members.</summary>
internal sealed class MLNetApi
{
    private MLNetApi(IReadOnlyDictionary<string, MLNetType> types) => Types = types;

    /// <summary>By namespace and name, as in <c>Microsoft.ML.DataViewSchema.Column</c>.</summary>
    public IReadOnlyDictionary<string, MLNetType> Types { get; }

    public static MLNetApi Read(string path)
    {
        var types = new Dictionary<string, MLNetType>();
        var scope = "";
        MLNetType current = null;
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("// Microsoft.") && line.Contains(" :: "))
            {
                scope = line.Split(" :: ")[1];
            }
            else if (line.StartsWith("public delegate "))
            {
                var parts = line.Split("// ");
                var declaration = parts[0].Trim();
                types[$"{parts[1].Split(' ')[0]}.{declaration.Split(' ')[3].Split('(')[0]}"] = new MLNetType(declaration, []);
            }
            else if (line.StartsWith("public "))
            {
                current = new MLNetType(line, []);
                types[$"{scope}.{current.Name}"] = current;
            }
            else if (line == "}")
            {
                current = null;
            }
            else if (line.StartsWith("    ") && !line.StartsWith("    //"))
            {
                current.Members.Add(line.Trim());
            }
        }
        return new MLNetApi(types);
    }
}

/// <summary>One type of the listing.</summary>
internal sealed record MLNetType(string Declaration, List<string> Members)
{
    /// <summary>The declaration without base types and constraints.</summary>
    public string Header => Declaration.StartsWith("public delegate ") ? Declaration : Declaration.Split(" : ")[0].Split(" where ")[0];

    /// <summary>The name with its type parameters.</summary>
    public string Name => Header[(Array.FindIndex(Kinds, kind => Header.Contains(kind)) is var at ? Header.IndexOf(Kinds[at]) + Kinds[at].Length : 0)..];

    private static string[] Kinds { get; } = [" class ", " struct ", " interface ", " enum "];
}
