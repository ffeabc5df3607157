using Microsoft.ML.Score.Soak;

// Long runs that unit tests are too short for. Exit code 0: the promise held; 1: it did not; 2: unknown command.
switch (args)
{
    case ["stream", ..]:
        return StreamRun.Run();
    case ["pool", ..]:
        return PoolRun.Run();
    case ["masks", var zip, ..]:
        return MaskRun.Run(zip);
    default:
        Console.Error.WriteLine("Usage: stream | pool | masks ZIP");
        Console.Error.WriteLine("  stream     300 lazy rows of 4 MB through fitted and rehydrated pipelines; peak memory stays under 300 MB");
        Console.Error.WriteLine("  pool       4 threads of 1,000 predictions on a pool agree with direct ones, also while its file is replaced");
        Console.Error.WriteLine("  masks ZIP  loads a saved pipeline with nothing but ML.NET's Model.Load and prints the masks of three rows");
        return 2;
}
