using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>A build that has been looked at: what it will do, and whether it can.</summary>
internal sealed class BuildPlan
{
    private BuildPlan(BuildRequest request, TreeSource source, ConfFile? file, VServerConf conf, BuildFindings findings, long bytesFree)
    {
        (Request, Source, File, Conf, Findings, BytesFree) = (request, source, file, conf, findings, bytesFree);
    }

    public BuildRequest Request { get; }

    public TreeSource Source { get; }

    /// <summary>The conf file that it will write; null where it cannot be written as asked.</summary>
    public ConfFile? File { get; }

    public VServerConf Conf { get; }

    public BuildFindings Findings { get; }

    public long BytesFree { get; }

    /// <summary>Looks at everything that can be known before work begins, and collects all faults.</summary>
    public static BuildPlan Make(Invocation call, BuildRequest request, TreeSource source)
    {
        var findings = new BuildFindings();
        CheckName(call, request.Name, findings);
        if (call.Registry.FaultOfRanges() is { } fault)
        {
            findings.Refuse(fault);
        }

        var (file, conf) = MakeConf(call, request, findings);
        if (file is not null)
        {
            new AddressBook(call.Paths, call.Registry).Check(request.Name, conf, findings);
        }

        source.Inspect(findings, call.Cancel);
        var free = SpaceGuard.FreeAt(Directory.Exists(call.Paths.VServers) ? call.Paths.VServers : "/");
        if (source.BytesNeeded > free)
        {
            findings.Refuse(ProblemCode.NoSpace, $"It takes about {ByteSize.Format(source.BytesNeeded.Value)}, and '{call.Paths.VServers}' has {ByteSize.Format(free)} free. Make room and try again.{Trash.TrashHint.Of(call.Paths)}");
        }

        return new BuildPlan(request, source, file, conf, findings, free);
    }

    /// <summary>As the wire has it.</summary>
    public OperationPlan ToWire(Invocation call)
    {
        var paths = call.Paths;
        List<PlanStep> steps =
        [
            Source.Step,
            new("Writing host name, hosts and name servers into it"),
            new("Writing everything to the disk"),
            new($"Putting it in place: {paths.TreeOf(Request.Name)}, {paths.ConfOf(Request.Name)}"),
        ];
        if (Request.Start)
        {
            steps.Add(new PlanStep($"Starting {Request.Name}", ["vserver", Request.Name.Value, "start"]));
        }

        return new OperationPlan(steps, Findings.Warnings, Findings.Problems, Source.BytesNeeded, BytesFree);
    }

    private static void CheckName(Invocation call, VServerName name, BuildFindings findings)
    {
        if (NamePlace.Taken(call.Paths, name, mayHaveHook: true) is var (path, what))
        {
            findings.Refuse(ProblemCode.AlreadyExists, $"There is a vserver {name} already: its {what} is '{path}'. Take another name{(path == call.Paths.ConfOf(name) ? "" : ", or remove that if nothing needs it")}.");
            return;
        }

        // a file system that knows no case, and people who do not see it
        var similar = call.Registry.Names().FirstOrDefault(n => n != name && n.Value.Equals(name.Value, StringComparison.OrdinalIgnoreCase));
        if (similar != default)
        {
            findings.Warn($"There is a vserver {similar}, which differs in upper and lower case only.");
        }
    }

    private static (ConfFile? File, VServerConf Conf) MakeConf(Invocation call, BuildRequest request, BuildFindings findings)
    {
        var values = new Dictionary<string, string>();
        foreach (var (key, value) in request.Settings)
        {
            values[key] = value;
        }

        var hostname = request.Hostname ?? values.GetValueOrDefault(ConfKeys.Hostname) ?? request.Name.Value;
        if (request.Hostname is null && !values.ContainsKey(ConfKeys.Hostname) && Hostnames.FaultOf(hostname) is not null)
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"The name {request.Name} is no host name. Give one: --hostname HOST.");
        }
        else
        {
            values[ConfKeys.Hostname] = hostname;
        }

        try
        {
            var file = ConfTemplate.Create(request.Description, values);
            var (conf, found) = VServerConf.From(file);
            foreach (var finding in found)
            {
                if (finding.IsError)
                {
                    findings.Refuse(ProblemCode.InvalidArgument, finding.Message);
                }
                else
                {
                    findings.Warn(finding.Message);
                }
            }

            if (conf.MemoryLimit is { } memory && memory > Memory())
            {
                findings.Warn($"The memory limit of {ByteSize.Format(memory)} is more than this host has.");
            }

            if (conf.CpuLimit is { } cpus && cpus > Environment.ProcessorCount)
            {
                findings.Warn(string.Create(CultureInfo.InvariantCulture, $"{cpus} processors are more than the {Environment.ProcessorCount} of this host."));
            }

            return (file, conf);
        }
        catch (ArgumentException e)
        {
            findings.Refuse(ProblemCode.InvalidArgument, e.Message);
            return (null, new VServerConf());
        }
    }

    private static long Memory() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
