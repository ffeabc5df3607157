using Microsoft.ML.Score.Kernels;

// The test runner loads this assembly and does not come here. InstructionSetTests starts it as a program, in a process whose
// runtime was told to do without some instructions.
Console.WriteLine(InstructionSetTests.Available);
foreach (var test in typeof(KernelEqualityTests).GetMethods().Where(method => method.IsDefined(typeof(TestAttribute), inherit: false)))
    test.Invoke(new KernelEqualityTests(), null);
