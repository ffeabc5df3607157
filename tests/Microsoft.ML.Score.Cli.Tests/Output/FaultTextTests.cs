using System.Reflection;
using System.Runtime.CompilerServices;

namespace Score.Cli.Output;

[TestFixture]
public class FaultTextTests
{
    private static readonly Exception s_cause = new IOException("The disk is gone.");

    private static readonly Exception[] s_wrapped =
    [
        s_cause, new AggregateException(s_cause), new AggregateException(new AggregateException(s_cause)), new TargetInvocationException(s_cause), new TypeInitializationException("Score.Kernels", s_cause),
    ];

    [TestCaseSource(nameof(s_wrapped))]
    public void Of_ExceptionAroundTheCause_IsTheCause(Exception exception) => Assert.That(FaultText.Of(exception), Is.EqualTo("The disk is gone."));

    [Test]
    public void Of_ArgumentException_LeavesTheParameterOut() => Assert.That(FaultText.Of(new ArgumentException("The ratio must be positive.", "ratio")), Is.EqualTo("The ratio must be positive."));

    [Test]
    public void Of_FaultOfTheProgram_NamesItsKindAndPlace()
    {
        var fault = Assert.Catch(Fail)!;

        Assert.That(FaultText.Of(fault), Is.EqualTo(
            "the program has a fault: NullReferenceException in FaultTextTests.Fail: Object reference not set to an instance of an object. Please report it with the command line."));
    }

    [Test]
    public void Of_ExceptionWithoutMessage_NamesItsKind() => Assert.That(FaultText.Of(new InvalidDataException(" ")), Is.EqualTo("InvalidDataException, without a message."));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail() => _ = ((string?)null)!.Length;
}
