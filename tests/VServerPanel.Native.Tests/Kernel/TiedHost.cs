using System.Globalization;
using System.Net;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>A host with addresses .1 to .5 in 10.77.0.0/24 and fd77::/64, in a network namespace, with the programs loaded. Its vservers are cgroups with a sleeping process.</summary>
public sealed class TiedHost : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private readonly PrivateNetwork? _network;
    private readonly List<RunningProbe> _running = [];
    private readonly Dictionary<string, int> _inits = [];

    public TiedHost()
    {
        Assert.SkipUnless(Environment.UserName == "root", "loading BPF programs needs root");
        _ = HostCommand.Path;
        _network = new PrivateNetwork([.. Enumerable.Range(1, 5).SelectMany(n => (string[])[$"10.77.0.{n}/24", $"fd77::{n}/64"])]);
        Root = new Ipv4Root(_prefix.Paths, ProbeProgram.BpfObject);
        Environment.SetEnvironmentVariable("VSERVER_COMMAND", HostCommand.Path);
        var whyNot = _network.Do(Root.WhyNot);
        Assert.SkipWhen(whyNot?.Contains("EPERM", StringComparison.Ordinal) == true, $"this kernel refuses BPF programs: {whyNot}");
        Assert.Null(whyNot);
    }

    internal Ipv4Root Root { get; }

    internal Native.Hosts.HostPaths Paths => _prefix.Paths;

    /// <summary>Makes a vserver that is tied to addresses.</summary>
    internal VServerName Add(string name, string conf)
    {
        var parsed = VServerName.Parse(name);
        var init = Start("unshare", ["--user", "--map-root-user", "sh", "-c", "echo up; exec sleep 1000"], out var pid);
        Assert.Equal("up", init.ReadLine());
        _inits[name] = pid;
        Assert.Null(_network!.Do(() => Root.Apply(parsed, Conf(conf), pid, 100 + _inits.Count)));
        return parsed;
    }

    internal static VServerConf Conf(string text)
    {
        var (conf, findings) = VServerConf.From(ConfFile.Parse(text));
        Assert.DoesNotContain(findings, f => f.IsError);
        return conf;
    }

    internal T Do<T>(Func<T> work) => _network!.Do(work);

    internal IPAddress LoopbackOf(string name) => Ipv4Root.LoopbackOf(Paths, 101 + _inits.Keys.ToList().IndexOf(name));

    /// <summary>Runs the probe to its end: in a vserver, or as "host" outside of all.</summary>
    internal string Probe(string who, params string[] words) => Do(() => new ChildProcess { Program = ProbeProgram.Path, Arguments = [CgroupOf(who), .. words] }.Run().TrimEnd());

    /// <summary>Runs the probe as root of the vserver's user namespace, by way of other programs.</summary>
    internal string ProbeInside(string who, string[] through, params string[] words) => Do(() =>
        new ChildProcess { Program = "nsenter", Arguments = ["--user", "--target", _inits[who].ToString(CultureInfo.InvariantCulture), .. through, ProbeProgram.Path, CgroupOf(who), .. words] }.Run().TrimEnd());

    /// <summary>Starts the probe and lets it run.</summary>
    internal RunningProbe Start(string who, params string[] words) => Start(ProbeProgram.Path, [CgroupOf(who), .. words], out _);

    /// <summary>Starts a server and waits until it serves; answers where it says it is.</summary>
    internal string Serve(string who, params string[] words)
    {
        var line = Start(who, ["serve", .. words]).ReadLine() ?? "";
        Assert.StartsWith("ready ", line, StringComparison.Ordinal);
        return line["ready ".Length..];
    }

    /// <summary>Ends the processes of a vserver and removes its cgroup, as a stop does.</summary>
    internal void Remove(string name)
    {
        var cgroup = _prefix.Paths.CgroupOf(VServerName.Parse(name));
        var cgroups = CgroupTree.Detect();
        for (var tries = 0; tries < 200 && !cgroups.Remove(cgroup); tries++)
        {
            foreach (var pid in File.ReadAllLines(CgroupOf(name) + "/cgroup.procs"))
            {
                _ = Interop.Libc.kill(int.Parse(pid, CultureInfo.InvariantCulture), Interop.Libc.SIGKILL);
            }

            Thread.Sleep(10);
        }
    }

    internal string CgroupOf(string who) => who == "host" ? "-" : $"{Root.Programs.ParentCgroup}/{who}";

    public void Dispose()
    {
        foreach (var probe in _running)
        {
            probe.Dispose();
        }

        if (_network is not null)
        {
            foreach (var name in _inits.Keys)
            {
                Remove(name);
            }

            Root?.Programs.Unload();
            CgroupTree.Detect().Remove(_prefix.Paths.CgroupParent);
            _network.Dispose();
        }

        _prefix.Dispose();
    }

    private RunningProbe Start(string program, string[] arguments, out int pid)
    {
        var process = Do(() => new ChildProcess { Program = program, Arguments = arguments }.StartRedirected());
        pid = process.Id;
        var probe = new RunningProbe(process);
        _running.Add(probe);
        return probe;
    }
}
