using Microsoft.ML.Score.Models;

namespace Score.Cli.Output;

/// <summary>The checks of a checkpoint folder, a line each, and below them a line for every fault.</summary>
internal sealed class CheckReport(string folder, IReadOnlyList<CheckpointCheck> results)
{
    private int Faults => results.Sum(result => result.Faults.Count);

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsRight => Faults == 0;

    /// <summary>What <c>--json</c> prints.</summary>
    public object ToJson() => new
    {
        model = folder,
        right = IsRight,
        checks = results.Select(result => new
        {
            name = result.Name,
            outcome = Word(result),
            summary = result.Summary,
            faults = result.Faults.Select(fault => new { file = fault.File, tensor = fault.Tensor, expected = fault.Expected, actual = fault.Actual, nextStep = fault.NextStep }),
        }),
    };

    public void Write(TextWriter writer)
    {
        foreach (var result in results)
        {
            writer.WriteLine($"{Word(result),-7}  {result.Name,-15}  {VisibleText.Message(result.Summary)}");
            foreach (var fault in result.Faults)
                writer.WriteLine("         " + VisibleText.Message(
                    $"{fault.File}{(fault.Tensor is null ? "" : $", tensor '{fault.Tensor}'")}: expected {fault.Expected}; found {fault.Actual.TrimEnd('.')}. {fault.NextStep}"));
        }

        writer.WriteLine(VisibleText.Message(IsRight ? $"{folder}: all checks passed" : $"{folder}: {Faults} {(Faults == 1 ? "fault" : "faults")}"));
    }

    private static string Word(CheckpointCheck result) => result.Faults.Count > 0 ? "wrong" : result.IsSkipped ? "skipped" : "ok";
}
