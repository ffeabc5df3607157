using System.CommandLine;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Compares this build with the golden numbers of a folder:
/// <code>dotnet run --project tests/Goldens -- FOLDER [--backend simd|scalar] [--json]</code>
/// Exit codes: 0 all cases are within their tolerances; 1 one is off or cannot be read, or there is none; 2 none is off, but one is of a
/// kind that does not exist, or wrong usage; 130 stopped by Ctrl+C.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error);

    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var folder = new Argument<string>("folder") { Description = "A folder of golden cases (policy, models, compressors); sub-folders are included." };
        folder.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string>()))
                result.AddError("The folder is empty, expected the path of a folder of golden cases, such as tests/Goldens.");
        });
        var backend = new Option<string>("--backend") { Description = "The kernels that models run on.", DefaultValueFactory = _ => "simd" };
        backend.AcceptOnlyFromAmong("simd", "scalar");
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of text." };
        var root = new RootCommand("Compares this build with golden numbers.") { folder, backend, json };
        root.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var (path, kernels) = (parsed.GetRequiredValue(folder), parsed.GetRequiredValue(backend));
                var report = new VerificationReport(path, kernels, [.. GoldenFolder.Verify(path, ComputeBackend.Named(kernels), cancellationToken)]);
                if (parsed.GetValue(json))
                    report.WriteJson(output);
                else
                    report.Write(output);
                return report.ExitCode;
            },
            cancellationToken));

        var parsed = root.Parse(args);
        foreach (var fault in parsed.Errors.Select(fault => fault.Message).Distinct())
            error.WriteLine($"goldens: {fault}");
        if (parsed.Errors.Count > 0)
            return 2;
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("goldens: stopped.");
            return 130;
        }
        catch (Exception exception)
        {
            error.WriteLine($"goldens: {exception.Message}");
            return 1;
        }
    }
}
