using System.Text;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Limits;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>What is set on a created vserver before its first instruction, where the runtime's description has no word for it.</summary>
internal static class GuestKernel
{
    /// <summary>Nice value of process 1, which all others inherit.</summary>
    public static void SetNice(int initPid, int nice) => ErrnoException.ThrowIfFailed(Libc.setpriority(Libc.PRIO_PROCESS, initPid, nice), "setpriority");

    /// <summary>Host name (sethostname(2)).</summary>
    public static void SetHostname(int initPid, string hostname) => PrivateMounts.OnOwnThread(() =>
    {
        using var uts = Libc.open($"/proc/{initPid}/ns/uts", Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.setns(uts, Libc.CLONE_NEWUTS), "setns(CLONE_NEWUTS)");
        ErrnoException.ThrowIfFailed(Libc.sethostname(hostname, (nuint)Encoding.UTF8.GetByteCount(hostname)), "sethostname");
        return 0;
    });

    /// <summary>NIS domain name (setdomainname(2)); empty unsets it.</summary>
    public static void SetDomainName(int initPid, string domainName) => PrivateMounts.OnOwnThread(() =>
    {
        using var uts = Libc.open($"/proc/{initPid}/ns/uts", Libc.O_RDONLY);
        ErrnoException.ThrowIfFailed(Libc.setns(uts, Libc.CLONE_NEWUTS), "setns(CLONE_NEWUTS)");

        // the kernel's own word for none (init/version.c, UTS_DOMAINNAME)
        var name = domainName.Length == 0 ? "(none)" : domainName;
        ErrnoException.ThrowIfFailed(Libc.setdomainname(name, (nuint)Encoding.UTF8.GetByteCount(name)), "setdomainname");
        return 0;
    });

    /// <summary>Hands the vserver's own cgroups to its root, as systemd in it needs: to make groups below, not to change the limits above.</summary>
    public static void GiveCgroups(CgroupTree cgroups, string cgroup, uint owner)
    {
        foreach (var directory in (string?[])[cgroups.Unified is { } unified ? unified + cgroup : null, cgroups.Controllers.TryGetValue("name=systemd", out var systemd) ? systemd + cgroup : null])
        {
            if (directory is null || !Directory.Exists(directory))
            {
                continue;
            }

            ErrnoException.ThrowIfFailed(Libc.lchown(directory, owner, owner), "lchown", directory);

            // kernel documentation, cgroup-v2, "Model of Delegation": these files and no others
            foreach (var file in (string[])["cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks"])
            {
                if (File.Exists($"{directory}/{file}"))
                {
                    ErrnoException.ThrowIfFailed(Libc.lchown($"{directory}/{file}", owner, owner), "lchown", $"{directory}/{file}");
                }
            }
        }
    }

    /// <summary>The program that a process runs now (proc(5), exe); null where it has ended.</summary>
    public static string? ProgramOf(int pid) => new FileInfo($"/proc/{pid}/exe").LinkTarget;

    /// <summary>Waits until a started process has become its own program, or has ended: the runtime's start answers before its execve(2) is done, which may
    /// still fail, and a vserver whose init cannot run must not be called started.</summary>
    public static void WaitForExec(int pid, string? before, Func<bool> isAlive)
    {
        // an init that is the same program as the runtime would never look different; nobody waits longer than this for it
        for (var waited = 0; waited < 2100 && isAlive(); waited++)
        {
            if (ProgramOf(pid) is { } now && !string.Equals(now, before, StringComparison.Ordinal))
            {
                return;
            }

            // nearly always it is a matter of microseconds
            if (waited < 100)
            {
                Libc.Sleep(TimeSpan.FromMicroseconds(50));
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>The host name for a vserver: its own, else the host's.</summary>
    public static string HostnameOf(string configured) => configured.Length > 0 ? configured : Environment.MachineName;

    /// <summary>Which terminal style an init gets its console by.</summary>
    public static bool HasConsole(InitStyle style) => style != InitStyle.Sysv;
}
