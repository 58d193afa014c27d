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

    [Fact]
    public void Setup_PanelOfAnotherMachine_RunsTheOneCommandBySshAndNothingElse()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/sshd"), "this machine has no sshd: install openssh-server");
        var output = OnACopy("""
            set -e
            ip link set lo up
            mkdir -p /run/sshd /tmp/keys && cd /tmp/keys
            ssh-keygen -q -t ed25519 -N '' -f host
            ssh-keygen -q -t ed25519 -N '' -C 'a panel' -f panel
            ssh-keygen -q -t ed25519 -N '' -f other
            "$1" --as vserver-setup > /dev/null
            "$1" --as vserver-setup --allow-panel "$(cat panel.pub)" > first
            "$1" --as vserver-setup --allow-panel "$(cat panel.pub)"
            wc -l < /var/lib/vserverpanel/.ssh/authorized_keys
            getent passwd vserverpanel | cut -d: -f7
            printf 'HostKey /tmp/keys/host\nPort 8422\nListenAddress 127.0.0.1\nPidFile none\nPasswordAuthentication no\nUsePAM no\n' > config
            /usr/sbin/sshd -D -e -f config 2> sshd.log &
            sshd=$!
            echo "[127.0.0.1]:8422 $(cat host.pub)" > known
            panel() { key=$1; shift; ssh -F none -T -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known -o ConnectTimeout=5 -i "$key" -p 8422 vserverpanel@127.0.0.1 "$@" < /dev/null 2>&1 || echo "ended with $?"; }
            for i in 1 2 3 4 5 6 7 8 9; do test "$(ssh-keyscan -p 8422 127.0.0.1 2> /dev/null)" && break; sleep 0.2; done
            echo "list: $(panel panel vserver --as vserver-jobs list --json | tail -n 1)"
            echo "id: $(panel panel id)"
            echo "shell: $(panel panel)"
            echo "trick: $(panel panel 'vserver --as vserver-jobs list; id')"
            echo "other: $(panel other vserver --as vserver-jobs list --json)"
            echo "forward: $(ssh -F none -N -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known -o ExitOnForwardFailure=yes -i panel -R 9999:127.0.0.1:22 -p 8422 vserverpanel@127.0.0.1 2>&1 | tail -n 1)"
            rm -rf /var/lib/vserverpanel/.ssh; mkdir -p /root/.ssh; echo mine > /root/.ssh/authorized_keys
            ln -s /root/.ssh /var/lib/vserverpanel/.ssh
            "$1" --as vserver-setup --allow-panel "$(cat other.pub)" 2>&1 | tail -n 1
            cat /root/.ssh/authorized_keys
            rm /var/lib/vserverpanel/.ssh
            "$1" --as vserver-setup --allow-panel "$(cat panel.pub)" > /dev/null
            "$1" --as vserver-setup --allow-panel "$(cat other.pub)" > /dev/null
            "$1" --as vserver-setup --deny-panel "$(cat other.pub)"
            echo "again: $("$1" --as vserver-setup --deny-panel "$(cat other.pub)" 2>&1)"
            echo "otherwise: $(panel other vserver --as vserver-jobs list --json)"
            echo "kept: $(panel panel vserver --as vserver-jobs list --json | tail -n 1)"
            ssh -F none -M -S mux -f -N -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known -i panel -p 8422 vserverpanel@127.0.0.1
            again() { ssh -F none -S mux -p 8422 -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known -i panel vserverpanel@127.0.0.1 vserver --as vserver-jobs list --json < /dev/null 2>&1 | tail -n 1; }
            echo "standing: $(again)"
            "$1" --as vserver-setup --deny-panel
            echo "afterwards: $(again)"
            getent passwd vserverpanel | cut -d: -f7
            echo "denied: $(panel panel vserver --as vserver-jobs list --json)"
            kill $sshd
            """, "--net");
        Assert.Contains("This host is prepared.", output, StringComparison.Ordinal);
        Assert.Contains("\n1\n/bin/sh\n", output, StringComparison.Ordinal);
        Assert.Contains("list: {\"type\":\"result\"", output, StringComparison.Ordinal);
        Assert.Contains("id: {\"type\":\"hello\",\"version\":1,\"features\":[]}\n{\"type\":\"problem\",\"code\":\"invalid-argument\",\"message\":\"The command must be", output, StringComparison.Ordinal);
        Assert.Contains("shell: {\"type\":\"hello\",\"version\":1,\"features\":[]}\n{\"type\":\"problem\",\"code\":\"invalid-argument\",\"message\":\"This key is for a panel", output, StringComparison.Ordinal);
        Assert.Contains("trick: {\"type\":\"hello\",\"version\":1,\"features\":[]}\n{\"type\":\"problem\",\"code\":\"invalid-argument\",\"message\":\"The command must be", output, StringComparison.Ordinal);
        Assert.Contains("other: vserverpanel@127.0.0.1: Permission denied", output, StringComparison.Ordinal);
        Assert.Contains("forward: Error: remote port forwarding failed", output, StringComparison.Ordinal);
        Assert.Contains("is no directory, so no key can be kept in it", output, StringComparison.Ordinal);
        Assert.Matches("\nmine\nThe panel with the key …[^ ]{12} is not let in any more\\. One other is\\.", output);
        Assert.Contains("is let in here, so there is nothing to take away", output, StringComparison.Ordinal);
        Assert.Contains("otherwise: vserverpanel@127.0.0.1: Permission denied", output, StringComparison.Ordinal);
        Assert.Contains("kept: {\"type\":\"result\"", output, StringComparison.Ordinal);
        Assert.Contains("\nNo panel of another machine is let in any more; all keys were taken away. One connection was open, and has been ended. Jobs that one began go on.\nafterwards: ", output, StringComparison.Ordinal);
        Assert.Contains("\nstanding: {\"type\":\"result\"", output, StringComparison.Ordinal);
        Assert.DoesNotContain("afterwards: {", output, StringComparison.Ordinal);
        Assert.Contains("/usr/sbin/nologin\ndenied: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("uid=", output, StringComparison.Ordinal);
        Assert.EndsWith("ended with 255", output.TrimEnd(), StringComparison.Ordinal);
    }

    private static string OnACopy(string script, params string[] namespaces)
    {
        var command = HostCommand.Path;
        var start = new ProcessStartInfo("unshare", ["--mount", .. namespaces, "/bin/sh", "-c", Copy, "copy", script, command])
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
