using System.Reflection;

namespace Score.Cli.Usage;

/// <summary>Versions as releases are numbered, without the commit.</summary>
internal static class ProgramVersion
{
    /// <summary>This program's.</summary>
    public static string Text { get; } = Of(typeof(ProgramVersion).Assembly);

    public static string Of(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
