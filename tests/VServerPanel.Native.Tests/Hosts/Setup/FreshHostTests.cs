using System.Diagnostics;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Hosts.Setup;

/// <summary>vserver-setup without a prefix, on a copy of this machine: an overlay of its root in a mount namespace, gone when the command ends.</summary>
public sealed class FreshHostTests
{
    private const string Copy = """
        set -e
        copy=$(mktemp -d)
        trap 'rmdir "$copy" 2>/dev/null' EXIT
        mount --make-rprivate /
        mount -t tmpfs copy "$copy"
        mkdir "$copy/upper" "$copy/work" "$copy/root"
        mount -t overlay overlay -o lowerdir=/,upperdir="$copy/upper",workdir="$copy/work" "$copy/root"
        for d in proc sys dev; do mount --rbind /$d "$copy/root/$d"; done
        sed -i /^vserverpanel:/d "$copy/root/etc/passwd" "$copy/root/etc/shadow" "$copy/root/etc/group" "$copy/root/etc/gshadow"
        rm -rf "$copy/root/vservers" "$copy/root/etc/vserverpanel.conf" "$copy/root/etc/sudoers.d/vserverpanel" "$copy/root/etc/fstab.bak"
        set +e
        chroot "$copy/root" /bin/sh -c "$1" setup "$2"
        code=$?
        umount -R "$copy/root" && umount -l "$copy"
        exit $code
        """;

    [Fact]
    public void Setup_FreshHost_PreparesItOnceAndThePanelsUserMayRunTheOneCommand()
    {
        var output = OnACopy("""
            set -e
            echo '# an administrator wrote this' >> /etc/fstab
            "$1" --as vserver-setup > /tmp/first 2>&1 || { cat /tmp/first; exit 1; }
            "$1" --as vserver-setup --plan
            echo "fstab: $(tail -n 3 /etc/fstab | tr '\n' '|')"
            echo "backup: $(tail -n 1 /etc/fstab.bak)"
            grep ' /vservers ' /proc/self/mountinfo | cut -d' ' -f5,6
            stat -c '%a %U' /vservers /var/lib/vserverpanel /etc/sudoers.d/vserverpanel
            id -un vserverpanel
            setpriv --reuid=vserverpanel --regid=vserverpanel --init-groups sudo -n /usr/sbin/vserver --as vserver-jobs list --json
            setpriv --reuid=vserverpanel --regid=vserverpanel --init-groups sudo -n /bin/id 2>&1 || echo refused
            "$1" --as vserver-setup --remove > /dev/null
            test ! -e /usr/sbin/vserver && test ! -e /etc/sudoers.d/vserverpanel && echo removed
            """);
        Assert.Contains("This host is prepared.", output, StringComparison.Ordinal);
        Assert.Contains("fstab: # an administrator wrote this|# VServerPanel: the host runs nothing that lies in its vservers|/vservers /vservers none bind,nosuid,nodev,noexec 0 0|", output, StringComparison.Ordinal);
        Assert.Contains("backup: # an administrator wrote this", output, StringComparison.Ordinal);
        Assert.Contains("/vservers rw,nosuid,nodev,noexec", output, StringComparison.Ordinal);
        Assert.Contains("700 root\n700 vserverpanel\n440 root\nvserverpanel\n", output, StringComparison.Ordinal);
        Assert.Contains("{\"type\":\"result\"", output, StringComparison.Ordinal);
        Assert.Contains("refused\nremoved\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("uid=0", output, StringComparison.Ordinal);
    }

    private static string OnACopy(string script)
    {
        var command = HostCommand.Path;
        var start = new ProcessStartInfo("unshare", ["--mount", "/bin/sh", "-c", Copy, "copy", script, command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("VSERVER_PREFIX");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var error = errors.GetAwaiter().GetResult();
        Assert.SkipWhen(error.Contains("unknown filesystem type 'overlay'", StringComparison.Ordinal), "this kernel has no overlay file system");
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {error}{output}");
        return output;
    }
}
