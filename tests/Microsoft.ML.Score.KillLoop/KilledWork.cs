using System.Diagnostics;

namespace Score.KillLoop;

/// <summary>Work in a child process that keeps what it did in a folder and ends with a result there.</summary>
/// <param name="Name">What it is, for messages.</param>
/// <param name="Start">The program and its arguments for a folder.</param>
/// <param name="Result">What must come out the same, read from the folder when the child has ended by itself.</param>
internal sealed record KilledWork(string Name, Func<string, ProcessStartInfo> Start, Func<string, byte[]> Result);
