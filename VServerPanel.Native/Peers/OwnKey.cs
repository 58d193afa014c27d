using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Peers;

/// <summary>This host's own key for its peers, <c>/etc/vservers/ssh/id_ed25519</c>: for root only, and no other key of root's.</summary>
internal sealed class OwnKey(HostPaths paths)
{
    // where its peers find our sshd's keys; another place in sshd_config must be told by hand
    private const string SshHostKeys = "/etc/ssh";

    private string Folder => paths.Configuration + "/ssh";

    public string PrivateFile => Folder + "/id_ed25519";

    public bool Exists => File.Exists(PrivateFile) && File.Exists(PrivateFile + ".pub");

    /// <summary>Makes it where there is none.</summary>
    public void Ensure()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var locked = FileLock.Acquire(paths.Locks + "/.peer-key", TimeSpan.FromSeconds(10), "the key of this host");
        if (Exists)
        {
            return;
        }

        var draft = Folder + "/.new";
        File.Delete(draft);
        File.Delete(draft + ".pub");
        var program = ChildProcess.Require("ssh-keygen", "openssh-client");
        new ChildProcess { Program = program, Arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "vservers@" + Environment.MachineName, "-f", draft] }.Run();

        // the public half first: where the private one is, both are
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, draft + ".pub", Libc.AT_FDCWD, PrivateFile + ".pub", 0), "rename", PrivateFile + ".pub");
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, draft, Libc.AT_FDCWD, PrivateFile, 0), "rename", PrivateFile);
        DurableFile.SyncDirectory(Folder);
    }

    /// <exception cref="ProblemException">NotFound: there is none yet.</exception>
    public HostKeys Read()
    {
        if (!Exists)
        {
            throw new ProblemException(ProblemCode.NotFound, "This host has no key for other hosts yet. 'vserver-hosts key' makes it.");
        }

        var key = PublicKey.Parse(File.ReadAllText(PrivateFile + ".pub").TrimEnd('\n'));
        IReadOnlyList<string> hostKeys = Directory.Exists(SshHostKeys)
            ? [.. Directory.EnumerateFiles(SshHostKeys, "ssh_host_*_key.pub").Order(StringComparer.Ordinal).Select(f => PublicKey.Parse(File.ReadAllText(f).TrimEnd('\n')).ToString())]
            : [];
        return new HostKeys(key.ToString(), key.Fingerprint, hostKeys, Environment.MachineName);
    }
}
