using System.Diagnostics;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>Vservers in shared network mode, started for real, in a network namespace that stands for the host's.</summary>
[Collection(RealHost.Name)]
public sealed class SharedModeTests : IDisposable
{
    private readonly TrialHost _host = new();
    private readonly PrivateNetwork _network = new("10.77.0.1/24", "fd77::1/64");
    private readonly List<RunningProbe> _running = [];

    public SharedModeTests()
    {
        foreach (var (name, number) in ((string, int)[])[("alpha", 2), ("beta", 3)])
        {
            var tree = _host.Paths.TreeOf(_host.Add(name, $"IPROOT=\"10.77.0.{number}/24 fd77::{number}/64\"\nIPROOTDEV=site\n", hasInit: false));
            File.Copy(ProbeProgram.Path, tree + "/bin/probe");
        }
    }

    public void Dispose()
    {
        _running.ForEach(p => p.Dispose());
        _host.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Start_TwoVServers_AreTiedToTheirAddresses()
    {
        Succeeds(HostCommand.Path, "alpha", "start");
        Succeeds(HostCommand.Path, "beta", "start");
        Assert.All(Statuses(), s => Assert.Null(s.Warning));

        Serve(ProbeProgram.Path, "-", "serve", "tcp", "10.77.0.1", "80", "host");
        foreach (var name in (string[])["alpha", "beta"])
        {
            Serve(HostCommand.Path, name, "exec", "probe", "-", "serve", "tcp", "0.0.0.0", "80", name);
        }

        foreach (var (address, name) in ((string, string)[])[("10.77.0.1", "host"), ("10.77.0.2", "alpha"), ("10.77.0.3", "beta")])
        {
            Assert.StartsWith($"ok {name} from ", Run(ProbeProgram.Path, "-", "ask", "tcp", address, "80"), StringComparison.Ordinal);
        }

        Assert.Equal("ECONNREFUSED connect", Run(ProbeProgram.Path, "-", "ask", "tcp", "127.0.0.1", "80"));
        Assert.StartsWith("ok alpha from ", InAlpha("ask", "tcp", "127.0.0.1", "80"), StringComparison.Ordinal);
        Assert.StartsWith("ok beta from 10.77.0.2 ", InAlpha("ask", "tcp", "10.77.0.3", "80"), StringComparison.Ordinal);
        Assert.Equal("EADDRNOTAVAIL bind", InAlpha("bind", "tcp", "10.77.0.3", "81"));
        Assert.Equal("EADDRNOTAVAIL bind", InAlpha("bind", "tcp", "fd77::1", "81"));
        Assert.Equal("ok fd77::2", InAlpha("bind", "tcp", "fd77::2", "81"));
        Assert.Equal("EPERM socket", InAlpha("open", "2", "3", "1"));
        Assert.Equal("ok 10.77.0.2", InAlpha("bind", "tcp", "0.0.0.0", "81"));
        Assert.Equal("EACCES bind", Run(HostCommand.Path, "alpha", "suexec", "ann", "probe", "-", "bind", "tcp", "0.0.0.0", "81"));
        Assert.Equal("ok 10.77.0.2", Run(HostCommand.Path, "alpha", "suexec", "ann", "probe", "-", "bind", "tcp", "0.0.0.0", "8081"));

        Succeeds(HostCommand.Path, "alpha", "stop");
        Succeeds(HostCommand.Path, "beta", "stop");
        using var entries = new Ipv4Root(_host.Paths).Programs.OpenEntries()!;
        Assert.Empty(entries.Keys());
    }

    [Fact]
    public void Start_ProgramsAreNotThere_GoesOnAndSaysWhatItCosts()
    {
        // the command without its object
        var directory = Directory.CreateTempSubdirectory("vs-").FullName;
        try
        {
            foreach (var file in (string[])[HostCommand.Path, .. Directory.EnumerateFiles(Path.GetDirectoryName(HostCommand.Path)!, "*.so")])
            {
                File.Copy(file, $"{directory}/{Path.GetFileName(file)}");
            }

            Assert.Contains("not tied to its addresses", Succeeds(directory + "/vserver", "alpha", "start"), StringComparison.Ordinal);
            Assert.Contains("ports below 1024", Statuses().Single(s => s.Name.Value == "alpha").Warning, StringComparison.Ordinal);

            // which is the control of the test above: without the programs all of it succeeds, or fails for its root too
            Assert.Equal("ok 10.77.0.1", InAlpha("bind", "tcp", "10.77.0.1", "8081"));
            Assert.Equal("ok 0.0.0.0", InAlpha("bind", "tcp", "0.0.0.0", "8081"));
            Assert.Equal("EACCES bind", InAlpha("bind", "tcp", "10.77.0.2", "81"));
            Succeeds(directory + "/vserver", "alpha", "stop");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private IReadOnlyList<VServerStatus> Statuses() =>
        [.. Invoke(HostCommand.Path, "--as", "vserver-stat", "--json").Events.OfType<ItemEvent>().Where(i => i.Kind == ItemKinds.VServer).Select(i => WireProtocol.FromElement<VServerStatus>(i.Data))];

    private string InAlpha(params string[] words) => Run(HostCommand.Path, ["alpha", "exec", "probe", "-", .. words]);

    private string Run(string program, params string[] arguments) => Invoke(program, arguments).Output.TrimEnd();

    private string Succeeds(string program, params string[] arguments)
    {
        var result = Invoke(program, arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.Output}\n{result.Error}");
        return result.Output + result.Error;
    }

    private CommandOutput Invoke(string program, params string[] arguments)
    {
        using var process = _network.Do(() => Start(program, arguments));
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private void Serve(string program, params string[] arguments)
    {
        var probe = new RunningProbe(_network.Do(() => Start(program, arguments)));
        _running.Add(probe);
        Assert.StartsWith("ready ", probe.ReadLine(), StringComparison.Ordinal);
    }

    private Process Start(string program, string[] arguments) => HostCommand.Start(_host.Prefix, new Dictionary<string, string>(), program, arguments);
}
