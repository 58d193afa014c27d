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

    public static void Keep(HostPaths paths, VServerName name, RetiredFiles? files)
    {
        if (files?.Hook is { } script)
        {
            DurableFile.Write(PathOf(paths, name), script, files.HookMode & WithoutExecution);
        }
    }

    /// <summary>Puts it back, where there is no other by now.</summary>
    /// <param name="paths">The host's.</param>
    /// <param name="move">The one by which it left.</param>
    /// <param name="name">What it is called now.</param>
    public static void PutBack(HostPaths paths, OutgoingMove move, VServerName name)
    {
        if (move.Files is { Hook: { } script, HookMode: var mode })
        {
            if (!Libc.TryStatx(null, paths.HookOf(name), out _))
            {
                DurableFile.Write(paths.HookOf(name), script, mode);
            }

            Forget(paths, move);
        }
    }

    /// <summary>Removes the file, where it is that of this move.</summary>
    public static void Forget(HostPaths paths, OutgoingMove move)
    {
        var kept = PathOf(paths, move.VServer);
        if (move.Files?.Hook is { } script && File.Exists(kept) && script.AsSpan().SequenceEqual(File.ReadAllBytes(kept)))
        {
            File.Delete(kept);
        }
    }
}
