using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What a guest's <c>/sbin/init</c> is.</summary>
/// <param name="Style">How it is started and stopped.</param>
/// <param name="Program">The file's own name behind all symlinks (<c>systemd</c>, <c>busybox</c>, <c>init</c>); null where there is none.</param>
internal sealed record InitProgram(InitStyle Style, string? Program)
{
    private const uint AnyExecute = 0b001_001_001;

    public bool IsBusybox => Program == "busybox";

    public bool IsOpenRc => Program == "openrc-init";

    /// <summary>Looks into the root, never following a guest's symlink out of it; the conf file's INIT_STYLE wins.</summary>
    public static InitProgram Find(SafeFileHandle root, VServerConf conf)
    {
        var program = ProgramBehind(root, "/sbin/init");
        var style = conf.InitStyle ?? program switch
        {
            null => InitStyle.Sysv,
            "systemd" => InitStyle.Systemd,
            _ => InitStyle.Init,
        };
        return new InitProgram(style, program);
    }

    /// <summary>Whether the guest has an executable file at a path.</summary>
    public static bool Has(SafeFileHandle root, string path) => ProgramBehind(root, path) is not null;

    private static string? ProgramBehind(SafeFileHandle root, string path)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_PATH);
            var stat = Libc.fstatx(file);
            return (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG && (stat.Mode & AnyExecute) != 0
                ? Path.GetFileName(new FileInfo($"/proc/self/fd/{(int)file.DangerousGetHandle()}").LinkTarget)
                : null;
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR or ErrnoNames.ELOOP or ErrnoNames.EACCES or ErrnoNames.EXDEV)
        {
            return null;
        }
    }
}
