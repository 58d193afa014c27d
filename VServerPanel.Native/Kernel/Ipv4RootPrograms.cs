using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>The programs of kernel-patches/ipv4root.bpf.c, attached to the cgroup of all vservers.</summary>
internal sealed class Ipv4RootPrograms(HostPaths paths, string? objectFile = null) : KernelTopic(paths, TopicName, [new KernelWay("cgroup", objectFile ?? KernelWay.Beside("ipv4root.bpf.o"))])
{
    public const string TopicName = "ipv4root";
    public const string EntriesMap = "vservers_1";
    public const string FurtherMap = "further_1";
    public const string RetractedMap = "retracted_1";

    // RFC 5737: for documentation, so no host has it
    private const string NobodysAddress = "192.0.2.77";

    public PinnedMap<ulong, Ipv4RootEntry>? OpenEntries() => PinnedMap<ulong, Ipv4RootEntry>.TryOpen($"{PinsDirectory}/map_{EntriesMap}");

    public PinnedMap<Ipv4RootListener, ulong>? OpenListeners() => PinnedMap<Ipv4RootListener, ulong>.TryOpen($"{PinsDirectory}/map_{FurtherMap}");

    /// <summary>From here on packets of connections that stand are checked as well, until the next boot.</summary>
    public void CheckStandingConnections()
    {
        using var retracted = PinnedMap<uint, uint>.TryOpen($"{PinsDirectory}/map_{RetractedMap}");
        retracted?.Set(0, 1);
    }

    protected override string Place() => string.Create(CultureInfo.InvariantCulture, $"{Libc.statx(null, ParentCgroup).Inode:x} {new FileInfo("/proc/thread-self/ns/net").LinkTarget}");

    // A map's name ends with the number of its layout. Entries of another layout cannot be carried over, and without them vservers would be loose.
    protected override void BeforeLoading()
    {
        if (!Directory.Exists(PinsDirectory) || File.Exists($"{PinsDirectory}/map_{EntriesMap}") || !Directory.EnumerateFiles(PinsDirectory, "map_vservers_*").Any())
        {
            return;
        }

        if (Directory.EnumerateDirectories(ParentCgroup).Any())
        {
            throw new ProblemException(ProblemCode.Busy, "Programs of another version of this command tie the vservers that run. Stop all vservers once, then the new ones are loaded.");
        }

        Unload();
    }

    protected override void Attach(BpfProgram program, string pin)
    {
        using var cgroup = Libc.open(ParentCgroup, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var network = Libc.open("/proc/thread-self/ns/net", Libc.O_RDONLY);
        using (var old = Libbpf.GetPinned(pin))
        {
            // an error: its cgroup or network namespace is gone, and with it the attachment
            if (old is not null && IsOn(old, cgroup, network) && Libbpf.bpf_link_update(old, Libbpf.bpf_program__fd(program.Handle), 0) == 0)
            {
                return;
            }
        }

        using var link = Libbpf.bpf_program__type(program.Handle) == Libbpf.BPF_PROG_TYPE_SK_LOOKUP
            ? Libbpf.bpf_program__attach_netns(program.Handle, network)
            : Libbpf.bpf_program__attach_cgroup(program.Handle, cgroup);
        BpfLoader.Pin(link, pin);
    }

    /// <summary>A child in a scratch cgroup that is tied to an address nobody has must not get a socket bound.</summary>
    protected override void SelfTest() => InScratchCgroup((scratch, id) =>
    {
        using var entries = OpenEntries() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs were loaded and their map is not there.");
        var conf = new VServerConf { Addresses = [new ConfAddress(null, IPAddress.Parse(NobodysAddress), null)] };
        entries.Set(id, Ipv4RootEntry.From(conf, IPAddress.Parse("127.63.255.254"), 0));
        try
        {
            SelfTestAnswer.Check(Probe(NetworkProbeTool.ToolName, scratch).Run(), $"any {ErrnoNames.EADDRNOTAVAIL}", $"raw {ErrnoNames.EPERM}");
        }
        finally
        {
            entries.Remove(id);
        }
    });

    /// <summary>Whether a link is still on the cgroup or network namespace of today: <c>cgroup_id:</c> and <c>netns_ino:</c> of its fdinfo.</summary>
    private static bool IsOn(SafeFileHandle link, SafeFileHandle cgroup, SafeFileHandle network)
    {
        var info = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{(int)link.DangerousGetHandle()}"));
        return info.Split('\n').Any(l =>
            l == string.Create(CultureInfo.InvariantCulture, $"cgroup_id:\t{Libc.fstatx(cgroup).Inode}")
            || l == string.Create(CultureInfo.InvariantCulture, $"netns_ino:\t{Libc.fstatx(network).Inode}"));
    }
}
