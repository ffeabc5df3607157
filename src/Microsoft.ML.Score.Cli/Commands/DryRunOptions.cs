using System.CommandLine;
using System.CommandLine.Parsing;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>--dry-run</c> and what goes with it.</summary>
internal sealed class DryRunOptions
{
    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Say what would run, its tokens, memory and hours, and do nothing: nothing is loaded, asked or written." };

    public Option<double?> Flops { get; } = CommonOptions.Optional<double>(
        "--flops", "Floating-point operations a second that --dry-run reckons hours at beside this machine's, such as 100e12. Default: this machine's alone.",
        "a positive number", rate => rate > 0 && double.IsFinite(rate));

    public bool IsAsked(ParseResult parsed) => parsed.GetValue(DryRun);

    /// <summary>Refuses what only a dry run uses.</summary>
    public void RefuseIdle(CommandResult result)
    {
        if (!result.GetValue(DryRun))
            IdleOptions.Refuse(result, "says what --dry-run reckons with, and there is no --dry-run; leave it out or add --dry-run.", Flops);
    }

    /// <summary>Measures this machine and prints the plan.</summary>
    public void Print(ParseResult parsed, WorkPlan plan, bool json)
    {
        var (output, rate) = (parsed.InvocationConfiguration.Output, parsed.GetValue(Flops));
        var speed = MeasuredSpeed.Of(plan);
        if (json)
            output.WriteLine(JsonOutput.Format(plan.ToJson(speed, rate)));
        else
            plan.Write(output, speed, rate);
    }
}
