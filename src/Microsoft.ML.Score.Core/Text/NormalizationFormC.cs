using System.Globalization;
using System.Text;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// Unicode normalisation form C (UAX #15) over an embedded table. <see cref="string.Normalize()"/> is no substitute: it leaves
/// text as it is, without an error, in a process that runs in invariant-globalization mode, as programs in containers often do.
/// </summary>
internal static class NormalizationFormC
{
    // Hangul syllables are composed by arithmetic (Unicode standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    private static readonly Dictionary<int, int[]> s_decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> s_compositions = [];
    private static readonly Dictionary<int, byte> s_combiningClasses = [];

    static NormalizationFormC()
    {
        using var stream = typeof(NormalizationFormC).Assembly.GetManifestResourceStream("Microsoft.ML.Score.Text.NormalizationFormC.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var fields = line.Split(' ');
            if (fields[0] == "class")
            {
                for (var codePoint = Hex(fields[2]); codePoint <= Hex(fields[3]); codePoint++)
                    s_combiningClasses[codePoint] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                continue;
            }

            int[] parts = [.. fields[2..].Select(Hex)];
            s_decompositions[Hex(fields[1])] = parts;
            if (fields[0] == "pair")
                s_compositions[(parts[0], parts[1])] = Hex(fields[1]);
        }

        static int Hex(string field) => int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>The text in form C. Lone surrogates become U+FFFD, unless nothing in the text needs work.</summary>
    public static string Normalize(string text)
    {
        // Nothing below U+0300 combines or decomposes into anything but itself in form C.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
            return text;

        var codePoints = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, codePoints);
        Reorder(codePoints);
        Compose(codePoints);
        var result = new StringBuilder(text.Length);
        foreach (var codePoint in codePoints)
            result.Append(new Rune(codePoint).ToString());
        return result.ToString();
    }

    private static void Decompose(int codePoint, List<int> result)
    {
        var syllable = codePoint - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            result.Add(LeadBase + syllable / (VowelCount * TrailCount));
            result.Add(VowelBase + syllable / TrailCount % VowelCount);
            if (syllable % TrailCount > 0)
                result.Add(TrailBase + syllable % TrailCount);
        }
        else if (s_decompositions.TryGetValue(codePoint, out var parts))
        {
            foreach (var part in parts)
                Decompose(part, result);
        }
        else
        {
            result.Add(codePoint);
        }
    }

    // Each run of combining marks is sorted, stably, by combining class.
    private static void Reorder(List<int> codePoints)
    {
        for (var start = 0; start < codePoints.Count; start++)
        {
            var end = start;
            while (end < codePoints.Count && Class(codePoints[end]) > 0)
                end++;
            if (end - start > 1)
            {
                int[] run = [.. codePoints[start..end].OrderBy(Class)];
                for (var i = 0; i < run.Length; i++)
                    codePoints[start + i] = run[i];
            }

            start = end;
        }
    }

    private static void Compose(List<int> codePoints)
    {
        var starter = -1;
        var write = 0;
        var lastClass = -1;
        for (var read = 0; read < codePoints.Count; read++)
        {
            var codePoint = codePoints[read];
            var combiningClass = Class(codePoint);

            // A mark is blocked from the starter when the one before it has its class or a higher one.
            if (starter >= 0 && lastClass < combiningClass && Pair(codePoints[starter], codePoint) is { } composed)
            {
                codePoints[starter] = composed;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = write;
                lastClass = -1;
            }
            else
            {
                lastClass = combiningClass;
            }

            codePoints[write++] = codePoint;
        }

        codePoints.RemoveRange(write, codePoints.Count - write);
    }

    private static int? Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
            return SyllableBase + ((first - LeadBase) * VowelCount + second - VowelBase) * TrailCount;
        if (first - SyllableBase is >= 0 and < SyllableCount && (first - SyllableBase) % TrailCount == 0 && second - TrailBase is > 0 and < TrailCount)
            return first + second - TrailBase;
        return s_compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private static int Class(int codePoint) => s_combiningClasses.GetValueOrDefault(codePoint);
}
