namespace Score.Mutations;

/// <summary>Damaged copies of a file.</summary>
internal static class Mutations
{
    /// <summary>Cut off before, and changed at, every byte, or every <paramref name="stride"/>-th.</summary>
    public static IEnumerable<byte[]> OfEveryByte(byte[] bytes, int stride) =>
        DamagedFile.Variants(bytes).Where((_, number) => number / 2 % stride == 0);

    /// <summary>Changed bits, overwritten, removed, repeated and inserted runs, and cuts; the same for a seed.</summary>
    public static IEnumerable<byte[]> Random(byte[] bytes, int count, int seed)
    {
        for (var number = 0; number < count; number++)
        {
            var random = new Random(HashCode(seed, number));
            var mutated = bytes.ToList();
            for (var changes = random.Next(1, 9); changes > 0 && mutated.Count > 1; changes--)
                Change(mutated, random);
            yield return [.. mutated];
        }
    }

    private static void Change(List<byte> bytes, Random random)
    {
        // Headers and indices stand at the ends; a third of the changes fall on each.
        var at = random.Next(3) switch
        {
            0 => random.Next(Math.Min(bytes.Count, 256)),
            1 => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 256)),
            _ => random.Next(bytes.Count),
        };
        var length = Math.Min(random.Next(1, 33), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0 or 1 or 2:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 3:
                bytes[at] = new byte[] { 0, 0x7F, 0x80, 0xFF }[random.Next(4)];
                break;
            case 4:
                for (var i = 0; i < length; i++)
                    bytes[at + i] = (byte)random.Next(256);
                break;
            case 5:
                bytes.RemoveRange(at, length);
                break;
            case 6:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }

    private static int HashCode(int seed, int number) => unchecked(seed * 1_000_003 + number);
}
