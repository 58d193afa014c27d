using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Creation;

/// <summary>Makes a vserver: the tree aside, then all of it put in place at once.</summary>
internal sealed class BuildHandler(Operation operation, BuildRequest request, TreeSource source)
{
    private const int Steps = 5;

    private readonly Hosts.HostPaths _paths = operation.Paths;

    // a name that no vserver can have: it begins with a dot
    private string Workshop => $"{_paths.VServers}/.building-{request.Name}-{operation.Id}";

    /// <exception cref="ProblemException">All faults that could be known, before anything is done; then what failed, after it is undone.</exception>
    public void Run()
    {
        operation.Step(1, Steps, "Checking what was asked for");
        var plan = BuildPlan.Make(operation.Call, request, source);
        plan.Findings.ThrowIfRefused();
        foreach (var warning in plan.Findings.Warnings)
        {
            operation.Report.Warn(warning);
        }

        operation.Undo.Before(new RemoveTree(Workshop));
        operation.Step(2, Steps, source.Step.Title);
        var root = Fill();

        operation.Step(3, Steps, "Writing host name, hosts and name servers into it");
        using (var directory = Libc.open(root, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            new GuestFiles(directory, operation.Report).Write(plan.Conf.Hostname, [.. plan.Conf.Addresses.Select(a => a.Address)], source.IsCopy);
            operation.Step(4, Steps, "Writing everything to the disk");
            ErrnoException.ThrowIfFailed(Libc.syncfs(directory), "syncfs", root);
        }

        operation.Step(5, Steps, "Putting it in place");
        PutInPlace(root, plan);
        operation.After = plan.File!.Text;
    }

    private string Fill()
    {
        var tree = Workshop + "/root";
        Directory.CreateDirectory(Workshop, (UnixFileMode)0b111_000_000);
        source.MakeRoot(tree);
        FaultPoint.Reach();
        var inner = source.Fill(new BuildWork(operation, tree, 2, Steps, source.Step.Title));
        FaultPoint.Reach();
        return inner.Length == 0 ? tree : RootLift.Lift(tree, inner);
    }

    private void PutInPlace(string root, BuildPlan plan)
    {
        var name = request.Name;

        // two builds at once must not take the same address: from here to the conf file only one goes on
        using var gate = FileLock.Acquire($"{_paths.Locks}/.addresses", TimeSpan.FromSeconds(60), "the addresses", operation.Cancel);
        var again = new BuildFindings();
        new AddressBook(_paths, operation.Call.Registry).Check(name, plan.Conf, again);
        again.ThrowIfRefused();

        operation.Undo.Before(new RemoveFile(_paths.RegistryOf(name)));
        operation.VServerId = operation.Call.Registry.FindOrAdd(name).Id;

        operation.Undo.Before(RemoveTreeIfSame.Of(root, _paths.TreeOf(name)));
        ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, root, Libc.AT_FDCWD, _paths.TreeOf(name), Libc.RENAME_NOREPLACE), "renameat2", _paths.TreeOf(name));
        FaultPoint.Reach();
        TreeRemoval.Remove(Workshop);
        DurableFile.SyncDirectory(_paths.VServers);

        operation.Undo.Before(new RemoveFile(_paths.ConfOf(name)));
        plan.File!.Write(_paths.ConfOf(name));
        FaultPoint.Reach();
    }
}
