using System.CommandLine;
using Microsoft.ML.Score.Policy;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score policy FILE</c>: what a trained policy is and where it came from.</summary>
internal static class PolicyCommand
{
    private static readonly Example[] s_examples =
    [
        new("score policy policy.safetensors", "Tell which encoder a policy is for, and how it was trained."),
        new("score policy pipeline.zip --json", "The same of the policy in an ML.NET model, as JSON."),
    ];

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A policy (.safetensors), or an ML.NET model that holds one (.zip)." };
        var json = CommonOptions.Json();
        var command = new ExampledCommand("policy", "Describe a trained policy: its size, the encoder whose tokens it takes, and how, when known, it was trained.", s_examples) { file, json };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var report = new PolicyReport(path, PipelineFile.HasItsName(path) ? PipelineFile.ReadPolicy(path) : PolicyNetwork.Load(path));
            if (parsed.GetValue(json))
                parsed.InvocationConfiguration.Output.WriteLine(JsonOutput.Format(report.ToJson()));
            else
                report.Write(parsed.InvocationConfiguration.Output);
            return 0;
        });
        return command;
    }
}
