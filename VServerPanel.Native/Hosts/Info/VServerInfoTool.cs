using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Info;

/// <summary><c>vserver-info</c>: what this host can do, and what each lack costs.</summary>
internal sealed class VServerInfoTool : Tool
{
    public override string Name => "vserver-info";

    public override bool OpenToPanel => true;

    public override string Summary => "what this host can do, and what each lack costs";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments.Count > 0)
        {
            return arguments is ["--help" or "-h"]
                ? Help()
                : throw new ProblemException(ProblemCode.InvalidArgument, "vserver-info takes no arguments but --json.");
        }

        var report = Survey(call.Paths, c => call.Report.Item(ItemKinds.Capability, c), call.Cancel);
        call.Report.Result(report, Table(report));
        return ExitCodes.Success;
    }

    /// <summary>Tries out what this host can do.</summary>
    internal static HostReport Survey(HostPaths paths, Action<HostCapability> onCapability, CancellationToken cancel)
    {
        // programs that only tell their versions, one of them for as long as all else takes
        var tools = ToolProbes.All().Select(p => BackgroundWork.Ask(p.Run)).ToList();
        var others = IsolationProbes.All(paths).Concat(StorageProbes.All(paths)).Concat(BpfProbes.All(paths)).Select(p => (Func<HostCapability>)p.Run);
        var capabilities = new List<HostCapability>();
        foreach (var probe in others.Concat(tools))
        {
            cancel.ThrowIfCancellationRequested();
            var capability = probe();
            capabilities.Add(capability);
            onCapability(capability);
        }

        return Report(paths, capabilities);
    }

    private static int Help()
    {
        Console.Out.WriteLine("Usage: vserver-info [--json]\n\nTells what this host can do for vservers, what each lack costs, and what to do about it. Nothing is changed, but that the kernel programs are loaded if they were not.");
        return ExitCodes.Success;
    }

    private static HostReport Report(HostPaths paths, IReadOnlyList<HostCapability> capabilities)
    {
        var storage = new DriveInfo(paths.VServers);
        return new HostReport
        {
            Hostname = Environment.MachineName,
            Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            Distribution = Distribution(File.Exists("/etc/os-release") ? ConfFile.Read("/etc/os-release") : ConfFile.Parse("")),
            Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            Version = typeof(VServerInfoTool).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
            Processors = Environment.ProcessorCount,
            MemoryBytes = MemoryBytes(File.ReadLines("/proc/meminfo")),
            StorageBytes = storage.TotalSize,
            StorageFreeBytes = storage.AvailableFreeSpace,
            StorageFileSystem = MountTable.Holding(paths.VServers).FileSystem,
            Addresses = HostAddresses.Own(paths),
            Devices = HostAddresses.Devices(),
            Bridges = HostAddresses.Bridges(),
            Capabilities = capabilities,
        };
    }

    /// <summary>os-release(5) is a file of shell assignments too.</summary>
    internal static string Distribution(ConfFile release) => release.Get("PRETTY_NAME") ?? release.Get("NAME") ?? "Linux";

    /// <summary>proc(5), /proc/meminfo: <c>MemTotal:       24563880 kB</c>.</summary>
    internal static long MemoryBytes(IEnumerable<string> lines) =>
        lines.FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) is { } line
        && long.TryParse(line["MemTotal:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : 0;

    /// <summary>For people: a line each, and below what is lacking its cost and remedy.</summary>
    internal static string Table(HostReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{report.Hostname}: {report.Distribution}, Linux {report.Kernel} ({report.Architecture}), VServerPanel {report.Version}\n");
        text.Append(CultureInfo.InvariantCulture, $"{report.Processors} processors, {ByteSize.Format(report.MemoryBytes)} memory, {ByteSize.Format(report.StorageFreeBytes)} of {ByteSize.Format(report.StorageBytes)} free on {report.StorageFileSystem}\n");
        text.Append(CultureInfo.InvariantCulture, $"Addresses: {string.Join(' ', report.Addresses)}\nDevices: {string.Join(' ', report.Devices)}\n\n");
        var width = report.Capabilities.Max(c => c.Title.Length);
        foreach (var capability in report.Capabilities)
        {
            var state = capability.State switch { CapabilityState.Available => "yes", CapabilityState.Degraded => "LACKS", _ => "NO" };
            text.Append(CultureInfo.InvariantCulture, $"{state,-6} {capability.Title.PadRight(width)}  {capability.Found}\n");
            Indented("costs", capability.Cost);
            Indented("remedy", capability.Remedy);
        }

        return text.ToString().TrimEnd('\n');

        void Indented(string label, string? sentence)
        {
            if (sentence is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"         {label}: {sentence}\n");
            }
        }
    }
}
