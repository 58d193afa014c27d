using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>The panel's own key for other hosts, made when it is first needed, and what ssh remembers of them. All of it is for the panel's user only.</summary>
/// <param name="directory">DATA/ssh.</param>
/// <param name="runtimeDirectory">A directory for sockets that the panel's user alone has, as its unit gives one; null where there is none.</param>
internal sealed class SshIdentity(string directory, string? runtimeDirectory = null) : IDisposable
{
    // A socket's path has 107 characters at most (unix(7)), of which ssh takes 58 (%C, and what it adds while it makes one) and we 10.
    private const int LongestPlace = 107 - 58 - 10;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _making = new(1, 1);

    private readonly Lock _gate = new();
    private readonly string? _place = new[] { runtimeDirectory is null ? null : Path.Combine(runtimeDirectory, "ssh"), Path.Combine(directory, "s") }.FirstOrDefault(p => p?.Length <= LongestPlace);
    private string? _temporary;

    public string KeyPath => Path.Combine(directory, "id_ed25519");

    /// <summary>%C is a hash of where to and as whom (ssh_config(5), TOKENS). Of the host key as well: a connection that stands is not asked for its key again.</summary>
    public string ControlPath(SshHost host) => Path.Combine(Sockets(), $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{host.Name} {host.HostKey}")).AsSpan(0, 4))}-%C");

    /// <summary>The public key, one line, for the hosts.</summary>
    /// <exception cref="HostProblemException">MissingTool, CommandFailed.</exception>
    public async Task<string> PublicKeyAsync(CancellationToken cancellationToken = default)
    {
        await _making.WaitAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(directory, Private);
            if (!File.Exists(KeyPath) || !File.Exists(KeyPath + ".pub"))
            {
                File.Delete(KeyPath);
                await MakeAsync(cancellationToken);
            }

            return (await File.ReadAllTextAsync(KeyPath + ".pub", cancellationToken)).Trim();
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>A file of known hosts with this one's pinned key and no other.</summary>
    public string KnownHosts(SshHost host)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "hosts"), Private).FullName, host.Name);
        var line = $"{host.Name} {host.HostKey}\n";
        if (!File.Exists(path) || File.ReadAllText(path) != line)
        {
            // another ssh may read it at this moment, and takes a host whose key is not there for a wrong one
            var fresh = Path.Combine(directory, Path.GetRandomFileName());
            File.WriteAllText(fresh, line);
            File.Move(fresh, path, overwrite: true);
        }

        return path;
    }

    /// <summary>What was pinned is not needed any more.</summary>
    public void Forget(string hostName) => File.Delete(Path.Combine(directory, "hosts", hostName));

    public void Dispose()
    {
        _making.Dispose();
        if ((_place ?? _temporary) is { } sockets && Directory.Exists(sockets))
        {
            Directory.Delete(sockets, recursive: true);
        }
    }

    /// <summary>Where the sockets are, which is there: what cleans up /tmp, /run or a disk may have taken it away since the last time.</summary>
    private string Sockets()
    {
        lock (_gate)
        {
            if (_place is not null)
            {
                return Directory.CreateDirectory(_place, Private).FullName;
            }

            // The data directory is too deep. In /tmp a name that was ours may be anybody's once it was taken away: another one each time.
            return _temporary = Directory.Exists(_temporary) ? _temporary : Directory.CreateTempSubdirectory("vsp-ssh-").FullName;
        }
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "vserverpanel", "-f", KeyPath]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true } };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HostProblemException(Protocol.ProblemCode.MissingTool, $"ssh-keygen could not be run: {e.Message}. Install openssh-client on the panel's machine.", e);
        }

        var errors = new OutputTail();
        await Task.WhenAll(errors.ReadAsync(process.StandardError), new OutputTail().ReadAsync(process.StandardOutput), process.WaitForExitAsync(cancellationToken));
        if (process.ExitCode != 0)
        {
            throw new HostProblemException(Protocol.ProblemCode.CommandFailed, $"ssh-keygen could not make the panel's key in {directory}: {errors.Text}");
        }
    }
}
