using Microsoft.ML.Score.Architecture.Reading;

namespace Microsoft.ML.Score.Architecture;

/// <summary>Groups of folders that use each other, directly or round about.</summary>
internal static class FolderCycles
{
    /// <summary>A text for each group: its steps from folder to folder, the thinnest first since that is where to cut, each with one reference.</summary>
    public static IEnumerable<string> Find(IReadOnlyList<TypeReference> references)
    {
        var steps = references
            .Where(reference => reference.Folder != reference.UsedFolder)
            .ToLookup(reference => (From: reference.Folder, To: reference.UsedFolder));
        var next = steps.ToLookup(step => step.Key.From, step => step.Key.To);
        var reached = next.ToDictionary(folder => folder.Key, folder => Reach(folder.Key, next));
        return
            from step in steps
            where InCycle(step.Key.From, step.Key.To)
            group step by reached[step.Key.From].Where(folder => InCycle(folder, step.Key.From)).Min() into cycle
            select string.Join(
                Environment.NewLine,
                cycle.OrderBy(step => step.Count()).Select(step => $"{step.First()}{(step.Count() > 1 ? $", and {step.Count() - 1} more" : "")}"));

        bool InCycle(string from, string to) => reached.TryGetValue(to, out var back) && back.Contains(from) && reached.TryGetValue(from, out var on) && on.Contains(to);
    }

    private static HashSet<string> Reach(string start, ILookup<string, string> next)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>(next[start]);
        while (open.TryPop(out var folder))
            if (reached.Add(folder))
                foreach (var further in next[folder])
                    open.Push(further);
        return reached;
    }
}
