using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>sys/xattr.h. Entries go by <c>/proc/self/fd/DIR/NAME</c> and the l-calls: there are no xattrat calls before Linux 6.13, and symlinks and
/// special files cannot be opened.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial nint llistxattr(string path, byte[]? list, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial nint lgetxattr(string path, string name, byte[]? value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(PathMarshaller))]
    private static partial int lsetxattr(string path, string name, byte[] value, nuint size, int flags);

    /// <summary>The names of an entry's extended attributes; none where the file system has none.</summary>
    internal static IReadOnlyList<string> XattrNames(SafeFileHandle directory, string name)
    {
        var path = EntryPath(directory, name);
        while (true)
        {
            var size = llistxattr(path, null, 0);
            if (size == 0 || (size < 0 && Marshal.GetLastPInvokeError() == ErrnoNames.EOPNOTSUPP))
            {
                return [];
            }

            ErrnoException.ThrowIfFailed(size, "llistxattr", name);
            var list = new byte[size];
            size = llistxattr(path, list, (nuint)list.Length);
            if (size >= 0)
            {
                return PathMarshaller.Decode(list.AsSpan(0, (int)size)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            }

            // ERANGE: it grew between the two calls
            if (Marshal.GetLastPInvokeError() != ErrnoNames.ERANGE)
            {
                throw ErrnoException.Last("llistxattr", name);
            }
        }
    }

    /// <summary>The value of an extended attribute; null where it is gone.</summary>
    internal static byte[]? Xattr(SafeFileHandle directory, string name, string attribute)
    {
        var value = new byte[65536];
        var size = lgetxattr(EntryPath(directory, name), attribute, value, (nuint)value.Length);
        if (size >= 0)
        {
            return value[..(int)size];
        }

        return Marshal.GetLastPInvokeError() == ErrnoNames.ENODATA ? null : throw ErrnoException.Last($"lgetxattr {attribute}", name);
    }

    /// <summary>Sets an extended attribute of an entry, never of what a symlink points to.</summary>
    /// <returns>False where the file system has no such attributes (EOPNOTSUPP).</returns>
    internal static bool SetXattr(SafeFileHandle directory, string name, string attribute, byte[] value)
    {
        if (lsetxattr(EntryPath(directory, name), attribute, value, (nuint)value.Length, 0) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == ErrnoNames.EOPNOTSUPP ? false : throw ErrnoException.Last($"lsetxattr {attribute}", name);
    }

    private static string EntryPath(SafeFileHandle directory, string name) => $"/proc/self/fd/{(int)directory.DangerousGetHandle()}/{name}";
}
