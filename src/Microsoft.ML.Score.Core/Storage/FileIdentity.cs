using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Storage;

/// <summary>What a path leads to, told by the system and not by the name: the identities of two names of one file, hard links too, are equal.</summary>
public sealed partial record FileIdentity
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeAndInode = 0x101; // STATX_TYPE | STATX_INO
    private const int TypeMask = 0xF000;
    private const int FolderType = 0x4000;
    private const int RegularType = 0x8000;

    private readonly (uint Major, uint Minor) _fileSystem;
    private readonly ulong _inode;

    private FileIdentity((uint Major, uint Minor) fileSystem, ulong inode, bool isFileOrFolder) => (_fileSystem, _inode, IsFileOrFolder) = (fileSystem, inode, isFileOrFolder);

    /// <summary>False for a device, a pipe or a socket.</summary>
    public bool IsFileOrFolder { get; }

    /// <summary>The identity of what a path leads to, through links; null where there is nothing, or on systems other than Linux.</summary>
    /// <param name="path">The path.</param>
    public static FileIdentity? Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // The layout of statx is the kernel's and the same on every processor, unlike that of stat.
        Span<byte> status = stackalloc byte[256];
        if (!OperatingSystem.IsLinux() || !TryRead(path, status))
            return null;
        var type = MemoryMarshal.Read<ushort>(status[28..]) & TypeMask;
        return new FileIdentity(
            (MemoryMarshal.Read<uint>(status[136..]), MemoryMarshal.Read<uint>(status[140..])), MemoryMarshal.Read<ulong>(status[32..]), type is FolderType or RegularType);
    }

    private static bool TryRead(string path, Span<byte> status)
    {
        try
        {
            return Statx(CurrentFolder, path, 0, TypeAndInode, ref MemoryMarshal.GetReference(status)) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // a C library of before 2018
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte status);
}
