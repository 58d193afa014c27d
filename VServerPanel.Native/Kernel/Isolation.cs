using System.Globalization;
using System.Net.Sockets;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary>Signals, abstract sockets and disks, kept apart by context: kernel-patches/isolation.bpf.c.</summary>
internal sealed class Isolation(HostPaths paths, string? objects = null) : SecurityTopic(paths, TopicName, objects)
{
    public const string TopicName = "isolation";

    private readonly HostPaths _paths = paths;

    /// <summary>A child in a scratch cgroup must not be signalled by a process of the host, and must not reach the host's abstract socket or disk.</summary>
    protected override void SelfTest()
    {
        // our own allowance would hold for the child that tries
        using var allowance = SignalAllowance.Suspend(_paths);
        var name = $"vserver-self-test-{Environment.ProcessId}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + name));
        listener.Listen();
        var disk = FindDisk();
        SelfTestAnswer.Check(Probe(SecurityProbeTool.ToolName, TopicName, "-", name, disk ?? "/dev/null").Run(), "connect 0", "disk 0");
        AsVServer(scratch =>
        {
            using var target = Probe(SecurityProbeTool.ToolName, TopicName, scratch, name, disk ?? "/dev/null").StartRedirected();
            try
            {
                SelfTestAnswer.Check(target.StandardOutput.ReadLine() ?? "", $"connect {ErrnoNames.ECONNREFUSED}");
                SelfTestAnswer.Check(target.StandardOutput.ReadLine() ?? "", $"disk {(disk is null ? 0 : ErrnoNames.EPERM)}");
                var sender = Probe(SecurityProbeTool.ToolName, "signal", target.Id.ToString(CultureInfo.InvariantCulture)).Run();
                SelfTestAnswer.Check(sender, $"signal {ErrnoNames.EPERM}");
            }
            finally
            {
                target.StandardInput.Close();
                target.WaitForExit();
            }
        });
    }

    // one that can be opened: not an empty drive, and not where /dev is a container's
    private static string? FindDisk() => !Directory.Exists("/sys/class/block") ? null : Directory.EnumerateDirectories("/sys/class/block")
        .Select(d => "/dev/" + Path.GetFileName(d))
        .FirstOrDefault(d => File.Exists(d) && SecurityProbeTool.Open(d, Libc.O_RDONLY) == 0);
}
