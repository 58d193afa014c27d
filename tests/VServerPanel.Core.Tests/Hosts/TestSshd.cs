using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using VServerPanel.Core.Hosts.Transports;
using VServerPanel.Core.Tests.Fakes;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>A real sshd on 127.0.0.1 with keys of its own, which lets one key run one script.</summary>
internal sealed class TestSshd : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vsp-sshd-").FullName;
    private Process? _process;

    private TestSshd()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Identity = new SshIdentity(PathOf("panel"));
    }

    public int Port { get; }

    public SshIdentity Identity { get; }

    /// <summary>Other hosts are found and reached by it as the panel does, but as this user.</summary>
    public SshTransport Transport => new(Identity, Environment.UserName);

    public string PathOf(string name) => Path.Combine(_directory, name);

    /// <summary>Starts it; <paramref name="script"/> is what the panel's key may run.</summary>
    public static async Task<TestSshd> StartAsync(string script)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/sshd") && File.Exists("/usr/bin/ssh"), "there is no sshd or ssh (apt-get install openssh-server openssh-client)");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "sshd that looks at no passwords needs root");
        Directory.CreateDirectory("/run/sshd");
        var sshd = new TestSshd();
        await File.WriteAllTextAsync(sshd.PathOf("script"), $"#!/bin/sh\ncd {sshd._directory}\n" + script);
        await sshd.AllowAsync(await sshd.Identity.PublicKeyAsync(TestContext.Current.CancellationToken));
        await sshd.MakeHostKeyAsync();
        await sshd.BeginAsync();
        return sshd;
    }

    public Task AllowAsync(string publicKey) => File.WriteAllTextAsync(PathOf("authorized"), $"restrict,command=\"/bin/sh {PathOf("script")}\" {publicKey}\n");

    public async Task MakeHostKeyAsync()
    {
        File.Delete(PathOf("host"));
        using var process = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", PathOf("host")]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task BeginAsync()
    {
        // as in a shell below another: bash reads .bashrc for whom sshd logs in, and what is in there is not ours (shell.c, run_by_ssh)
        string[] options =
        [
            "SetEnv=SHLVL=2",
            "ListenAddress=127.0.0.1", $"Port={Port}", $"HostKey={PathOf("host")}", $"AuthorizedKeysFile={PathOf("authorized")}", $"PidFile={PathOf("pid")}",
            "StrictModes=no", "UsePAM=no", "PermitRootLogin=yes", "PasswordAuthentication=no", "LogLevel=VERBOSE",
        ];
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-f", "/dev/null", "-E", PathOf("log"), .. options.SelectMany(o => new[] { "-o", o })]))!;
        await Eventually.TrueAsync(
            () =>
            {
                using var client = new TcpClient();
                try
                {
                    client.Connect(IPAddress.Loopback, Port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "sshd listens");
    }

    /// <summary>As when the host dies: all of its connections with it.</summary>
    public void Kill()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    /// <summary>The transport, with the host key as it is now pinned.</summary>
    public SshHostCommand Command() => new(SshHost.Parse("other", "127.0.0.1", Port, string.Join(' ', File.ReadAllText(PathOf("host.pub")).Split(' ').Take(2)).Trim(), Environment.UserName), Identity);

    /// <summary>How many connections it has let in.</summary>
    public int Connections => File.ReadAllText(PathOf("log")).Split('\n').Count(l => l.Contains("Accepted publickey", StringComparison.Ordinal));

    public void Dispose()
    {
        Kill();
        Identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
