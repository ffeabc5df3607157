namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// libLibTorchSharp.so of 0.107.0 asks for GLIBCXX_3.4.32 for one marker symbol that nothing calls; all else it needs is in the libstdc++ of
/// GCC 12, which Debian 12 and Ubuntu 22.04 have. In the tests' own copy the need is marked weak, so that the loader does without.
/// </summary>
internal static class OldStandardLibrary
{
    private const int FlagsOffset = 4;

    private const byte Weak = 2; // VER_FLG_WEAK

    // An entry of .gnu.version_r: the hash of "GLIBCXX_3.4.32" and no flags.
    private static readonly byte[] s_need = [0x42, 0xF8, 0x97, 0x02, 0x00, 0x00];

    /// <summary>Whether the file held just one such need, which is weak now.</summary>
    public static bool TryRelax(string path)
    {
        if (!File.Exists(path))
            return false;
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf(s_need);
        if (at < 0 || bytes.AsSpan(at + 1).IndexOf(s_need) >= 0)
            return false;
        bytes[at + FlagsOffset] = Weak;
        File.Delete(path); // it may be a link to the package's own
        File.WriteAllBytes(path, bytes);
        return true;
    }
}
