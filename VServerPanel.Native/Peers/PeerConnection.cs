using System.Diagnostics;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;

namespace VServerPanel.Native.Peers;

/// <summary>A connection to a peer that the calls of this process share while it is held (ssh_config(5), ControlMaster): each would take a handshake of its own otherwise.</summary>
/// <remarks>It carries a word that lasts until its input ends, so it ends with us, however we end. Where it cannot be had, or breaks, each call connects by itself.</remarks>
internal sealed class PeerConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private readonly Process? _ssh;

    private PeerConnection(Process? ssh) => _ssh = ssh;

    /// <summary>Opens it where it can be opened.</summary>
    public static PeerConnection Open(HostPaths paths, string name)
    {
        var peer = new PeerStore(paths).Require(name);
        var ssh = new PeerSsh(paths, peer);
        if (!ssh.CanShare)
        {
            return new PeerConnection(null);
        }

        // the first word for a setting counts: ssh_config(5)
        string[] words = ["-o", "ControlMaster=yes", .. ssh.Options(), "--", peer.Address, "hold"];

        // what another process of the same pid has left
        File.Delete(ssh.ControlPath);
        var process = new ChildProcess { Program = ChildProcess.Require("ssh", "openssh-client"), Arguments = words }.StartRedirected();
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);

        // it says something as soon as the connection is there, and ends where it cannot be had: the next call says why
        if (!process.StandardOutput.BaseStream.ReadAsync(new byte[1]).AsTask().Wait(s_patience))
        {
            process.Kill();
        }

        return new PeerConnection(process);
    }

    public void Dispose()
    {
        if (_ssh is null)
        {
            return;
        }

        try
        {
            _ssh.StandardInput.Close();
            if (!_ssh.WaitForExit(TimeSpan.FromSeconds(2)))
            {
                _ssh.Kill();
            }
        }
        catch (IOException)
        {
            // it has ended
        }

        _ssh.Dispose();
    }
}
