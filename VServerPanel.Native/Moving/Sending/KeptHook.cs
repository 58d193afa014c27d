using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Sending;

/// <summary>The hook script of a vserver that has gone to another host: <c>NAME.sh.moved</c>, for people, and run by nobody. The move's record has it, too, and that is what is put back when it comes back.</summary>
internal static class KeptHook
{
    private const uint WithoutExecution = 0b110_110_110;

    public static string PathOf(HostPaths paths, VServerName name) => paths.HookOf(name) + ".moved";

    /// <summary>Takes it out of its place.</summary>
    public static void Keep(HostPaths paths, VServerName name, RetiredFiles? files)
    {
        if (files?.Hook is null)
        {
            return;
        }

        var kept = PathOf(paths, name);
        if (Libc.TryStatx(null, paths.HookOf(name), out _))
        {
            File.Move(paths.HookOf(name), kept, overwrite: true);
        }

        // also where an earlier try was cut off
        if (File.Exists(kept))
        {
            File.SetUnixFileMode(kept, (UnixFileMode)(files.HookMode & WithoutExecution));
        }

        DurableFile.SyncDirectory(paths.Configuration);
    }

    /// <summary>Puts it back, where there is no other by now.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="move">The one by which it left.</param>
    /// <param name="name">What it is called now.</param>
    public static void PutBack(HostPaths paths, OutgoingMove move, VServerName name)
    {
        if (move.Files is not { Hook: { } script, HookMode: var mode })
        {
            return;
        }

        var (place, kept) = (paths.HookOf(name), PathOf(paths, move.VServer));
        if (Libc.TryStatx(null, place, out _))
        {
            Forget(paths, move);
        }
        else if (IsKept(paths, move, script))
        {
            // a full disk has no room for another
            File.SetUnixFileMode(kept, (UnixFileMode)mode);
            new MoveBack(kept, place).Run(paths);
        }
        else
        {
            DurableFile.Write(place, script, mode);
        }
    }

    /// <summary>Removes the file, where it is that of this move.</summary>
    public static void Forget(HostPaths paths, OutgoingMove move)
    {
        if (move.Files?.Hook is { } script && IsKept(paths, move, script))
        {
            File.Delete(PathOf(paths, move.VServer));
        }
    }

    private static bool IsKept(HostPaths paths, OutgoingMove move, byte[] script)
    {
        var kept = PathOf(paths, move.VServer);
        return File.Exists(kept) && script.AsSpan().SequenceEqual(File.ReadAllBytes(kept));
    }
}
