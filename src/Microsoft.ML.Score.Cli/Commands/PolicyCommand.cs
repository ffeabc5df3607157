using System.CommandLine;
using Microsoft.ML.Score.Policy;
using Score.Cli.Files;
using Score.Cli.Output;

namespace Score.Cli.Commands;

/// <summary><c>score policy FILE</c>: what a trained policy is and where it came from.</summary>
internal static class PolicyCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A policy (.safetensors), or an ML.NET model that holds one (.zip)." };
        var json = CommonOptions.Json();
        var command = new Command("policy", "Describe a trained policy: its size, the encoder whose tokens it takes, and how, when known, it was trained.") { file, json };
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
