using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Score.Storage;

/// <summary>What is wrong with some options, collected so that one message lists all of it: each with its name, what is expected, and what was given.</summary>
/// <example>
/// <code>
/// new OptionFaults(nameof(TrainerOptions)).Require(BatchSize >= 1, BatchSize, "be at least 1").ThrowIfAny(nameof(options));
/// </code>
/// </example>
/// <param name="options">What the options are called in the message.</param>
public sealed class OptionFaults(string options)
{
    private readonly List<string> _faults = [];

    /// <summary>The faults found so far, each in a few words: "BatchSize must be at least 1, got 0".</summary>
    public IReadOnlyList<string> All => _faults;

    /// <summary>A condition on one option.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="actual">The option.</param>
    /// <param name="expected">The condition, after "must".</param>
    /// <param name="name">The option's name; the compiler gives it.</param>
    public OptionFaults Require<T>(bool holds, T actual, string expected, [CallerArgumentExpression(nameof(actual))] string name = "")
    {
        if (!holds)
            _faults.Add($"{name} must {expected}, got {Text(actual)}");
        return this;
    }

    /// <summary>A condition on several options together, with its message.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="fault">What is wrong where it does not.</param>
    public OptionFaults Require(bool holds, FormattableString fault)
    {
        ArgumentNullException.ThrowIfNull(fault);

        if (!holds)
            _faults.Add(string.Format(CultureInfo.InvariantCulture, fault.Format, Array.ConvertAll(fault.GetArguments(), argument => (object?)Text(argument))));
        return this;
    }

    /// <summary>An option that is a name and may not be empty.</summary>
    /// <param name="actual">The option.</param>
    /// <param name="name">Its name; the compiler gives it.</param>
    public OptionFaults RequireName(string? actual, [CallerArgumentExpression(nameof(actual))] string name = "") =>
        Require(!string.IsNullOrEmpty(actual), actual, "not be empty", name);

    /// <summary>An option that is a name or null for none.</summary>
    /// <param name="actual">The option.</param>
    /// <param name="name">Its name; the compiler gives it.</param>
    public OptionFaults RequireNameOrNull(string? actual, [CallerArgumentExpression(nameof(actual))] string name = "") =>
        Require(actual != "", actual, "be null or a name", name);

    /// <summary>The faults of options within these, each after the name that they have here.</summary>
    /// <param name="inner">Their faults; null where the options themselves are null, which is a fault too.</param>
    /// <param name="name">The name of the options within these.</param>
    public OptionFaults Include(OptionFaults? inner, string name)
    {
        _faults.AddRange((inner?.All ?? ["must not be null"]).Select(fault => inner is null ? $"{name} {fault}" : $"{name}: {fault}"));
        return this;
    }

    /// <summary>Reports all faults at once, where there are any.</summary>
    /// <param name="parameterName">The parameter that the options were given as.</param>
    /// <exception cref="ArgumentException">There are faults.</exception>
    public void ThrowIfAny(string parameterName)
    {
        if (_faults.Count > 0)
            throw new ArgumentException($"Invalid {options}: {string.Join("; ", _faults)}.", parameterName);
    }

    private static string Text<T>(T actual) => actual switch
    {
        null => "null",
        "" => "an empty string",
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => actual.ToString() ?? "",
    };
}
