using System.Diagnostics;
using System.Runtime.CompilerServices;
using VServerPanel.Native.Tests.Escape;
using VServerPanel.Protocol;
using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Escape;

/// <summary>What a vserver's root must not be able to do, on stock kernels that have what this machine's lacks: modules, kexec, rare sockets, pure cgroup version 2,
/// and the programs that keep abstract sockets and disks apart.</summary>
public abstract class EscapeTests(StockMachine machine)
{
    private const int Minutes = 60;
    private static readonly Dictionary<string, string> s_roots = [];
    private static readonly string s_native = Path.GetFullPath("../../VServerPanel.Native.Tests", Path.GetDirectoryName(Here())!);

    [Fact]
    public void Control_WhereNothingProtects_EachProbeCanSucceed()
    {
        Prepare();
        var controls = ((string[])["chroot", "switch"]).Select(how => Verdict.Parse(Script($"control {how}"))).ToArray();
        Assert.All(controls, c => Assert.InRange(c.Count, 150, int.MaxValue));
        var impossible = Verdict.Impossible(mayRaiseLimits: true, controls);
        foreach (var (name, why) in impossible)
        {
            TestContext.Current.TestOutputHelper!.WriteLine($"{name} can succeed nowhere on this kernel: {why}");
        }

        Assert.DoesNotContain(impossible, p => p.Why.StartsWith('?'));
        Assert.InRange(impossible.Count, 0, 10);
    }

    // a minute each in emulation: one kernel has one half of the pairs of style and network, the other the other
    protected void AssertAllFail(string style, string network, string root)
    {
        Prepare();
        var verdicts = Verdict.Parse(Script($"guest {style} {network} {Root(root)}"));
        Assert.InRange(verdicts.Count, 150, int.MaxValue);
        Assert.Empty(Verdict.Faults(verdicts, [.. Excepted(style, network)]));
        Assert.All((string[])["read-disk", "write-disk", "read-kmsg-node", "mount-disk"], p => Assert.Contains(new Verdict(p, "refused", "EPERM"), verdicts));
    }

    private string Script(string words) => machine.Expect($"VSERVER_COMMAND={StockMachine.Command} /vm/exchange/run-escape {words}", 5 * Minutes);

    private void Prepare()
    {
        var exchange = machine.Exchange;
        if (File.Exists(exchange + "/run-escape"))
        {
            return;
        }

        Run("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-no-pie", "-o", exchange + "/escape", .. Directory.GetFiles(s_native + "/Escape/Probes", "*.c")]);
        Run("cp", s_native + "/Escape/Probes/control", exchange);
        Run("cp", Path.GetDirectoryName(Here()) + "/escape", exchange + "/run-escape");
        Script("prepare");
    }

    /// <summary>What is not kept away, and said to be so.</summary>
    private List<string> Excepted(string style, string network)
    {
        List<string> excepted = style == "sysv" ? [] : ["reboot"];
        if (network == "private")
        {
            return [.. excepted, "raw-socket", "raw-socket-6", "raw-header", "packet-socket", "packet-datagram", "packet-32", "others-address-transparent"];
        }

        var last = machine.Expect("vserver --as vserver-info --json").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        var report = WireProtocol.FromElement<HostReport>(Assert.IsType<ResultEvent>(WireProtocol.Read(last)).Data!.Value);
        if (report.Capabilities.Single(c => c.Key == "bpf-isolation").State != CapabilityState.Available)
        {
            excepted.Add("abstract-socket");
        }

        Assert.Equal(CapabilityState.Available, report.Capabilities.Single(c => c.Key == "bpf-network").State);
        return excepted;
    }

    private static string Root(string init)
    {
        lock (s_roots)
        {
            return s_roots.TryGetValue(init, out var path) ? path : s_roots[init] = Run(s_native + "/Peers/debian-root", init).Trim();
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
        return output;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61EscapeTests(Debian61Machine machine) : EscapeTests(machine)
{
    [Theory]
    [InlineData("sysv", "shared", "sysvinit")]
    [InlineData("init", "private", "sysvinit")]
    [InlineData("systemd", "shared", "systemd")]
    public void Probes_InAVServer_AllFail(string style, string network, string root) => AssertAllFail(style, network, root);
}

[Collection(Debian612Machine.Name)]
public sealed class Debian612EscapeTests(Debian612Machine machine) : EscapeTests(machine)
{
    [Theory]
    [InlineData("sysv", "private", "sysvinit")]
    [InlineData("init", "shared", "sysvinit")]
    [InlineData("systemd", "private", "systemd")]
    public void Probes_InAVServer_AllFail(string style, string network, string root) => AssertAllFail(style, network, root);
}
