using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Score.KillLoop;

/// <summary>The process that is killed: <c>score eval</c> with records, on the embedded model.</summary>
internal static class EvaluationChild
{
    private const string Results = "eval.json";
    private const string Records = "records.jsonl";

    public static KilledWork Work { get; } = new("evaluation", Start, Result);

    private static ProcessStartInfo Start(string folder)
    {
        Directory.CreateDirectory(folder);
        return new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "score.dll"), "eval", "--videos", "4", "--lengths", "short,medium", "--ratios", "0.25,0.1",
                "--compressors", "score,random,dycoke,low-resolution", "--records", Path.Combine(folder, Records), "--json", Path.Combine(folder, Results),
            ])
        { RedirectStandardOutput = true };
    }

    /// <summary>The results but for what hangs on the clock and on memory, and for the command, which names the folder.</summary>
    /// <exception cref="InvalidOperationException">An item stands in the records twice.</exception>
    private static byte[] Result(string folder)
    {
        var items = File.ReadLines(Path.Combine(folder, Records)).Select(line => JsonNode.Parse(line)!)
            .CountBy(line => $"{line["kind"]} {line["benchmark"]} {line["system"]} {line["video"]} {line["number"]}").ToList();
        if (items.FirstOrDefault(item => item.Value > 1) is { Key: { } repeated })
            throw new InvalidOperationException($"The records have an item twice: {repeated}.");
        Console.WriteLine($"{items.Count - 1} items, none twice");

        var results = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, Results)))!.AsObject();
        results.Remove("measured");
        results.Remove("command");
        foreach (var system in results["systems"]!.AsArray())
            system!.AsObject().Remove("measured");
        return System.Text.Encoding.UTF8.GetBytes(results.ToJsonString());
    }
}
