using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Receiving;

/// <summary>Whether a vserver of another host can be one of this host's.</summary>
internal sealed class ArrivalChecks(Invocation call)
{
    /// <param name="request">With its conf file.</param>
    /// <param name="hasPlace">Whether its tree is here already, so that room is no question any more.</param>
    public IReadOnlyList<MoveCheck> Run(IncomingRequest request, bool hasPlace) =>
        [Name(request), .. hasPlace ? [] : (MoveCheck[])[Space(request)], Range(), .. Conf(request)];

    /// <summary>What a peer is told that one of these was refused by.</summary>
    public static ProblemCode CodeOf(MoveCheck refused) =>
        refused.Key switch { "space" => ProblemCode.NoSpace, "name" => ProblemCode.AlreadyExists, "addresses" => ProblemCode.AddressInUse, _ => ProblemCode.InvalidConfiguration };

    private MoveCheck Name(IncomingRequest request)
    {
        var name = request.VServer;
        var taken = NamePlace.Taken(call.Paths, name, mayHaveHook: true)?.Path;
        var known = call.Registry.NameOf(request.VServerId);
        return taken is not null ? new("name", "Name", CheckState.Refused, $"'{taken}' is there already.", "Rename one of the two.")
            : known is not null ? new("name", "Name", CheckState.Refused, $"The same vserver is here already, as {known}.", "Delete one of the two.")
            : new("name", "Name", CheckState.Ok, $"{name} is free.");
    }

    private MoveCheck Space(IncomingRequest request)
    {
        var free = SpaceGuard.FreeAt(call.Paths.VServers);
        var found = $"{ByteSize.Format(request.Bytes)} are needed, and {ByteSize.Format(free)} are free.";
        return request.Bytes > free ? new("space", "Room", CheckState.Refused, found, "Make room at the target.") : new("space", "Room", CheckState.Ok, found);
    }

    private MoveCheck Range() => call.Registry.FaultOfRanges() is { } fault
        ? new("id-range", "Ids of users", CheckState.Refused, fault.Message)
        : new("id-range", "Ids of users", CheckState.Ok, "It gets a range of its own.");

    private IEnumerable<MoveCheck> Conf(IncomingRequest request)
    {
        var file = ConfFile.Parse(request.Conf);
        if (file.ShellCode.Count > 0)
        {
            // nothing of ours would run it, but whoever sources the file would
            yield return new("conf", "Conf file", CheckState.Refused, $"It has what a shell would execute: {file.ShellCode[0]}", "Write plain values; 'vserver NAME config check' tells where.");
        }

        var (conf, faults) = VServerConf.From(file);
        if (faults.FirstOrDefault(f => f.IsError) is { } fault)
        {
            yield return new("conf", "Conf file", CheckState.Refused, $"Line {fault.Line}: {fault.Message}", "'vserver NAME config set' mends it.");
            yield break;
        }

        if (file.ProfilesOrNone.SelectMany(p => VServerConf.From(file, p).Conf.Shares).FirstOrDefault() is { } share)
        {
            // what root of this host allows its own vservers is not another host's to take
            yield return new("shares", "Shares", CheckState.Refused, $"It sees a directory of its host: {share}.", "Take its shares away first, and give it those of the target when it is there.");
        }

        var findings = new BuildFindings();
        new AddressBook(call.Paths, call.Registry).Check(request.VServer, conf, findings);
        foreach (var problem in findings.Problems)
        {
            yield return new("addresses", "Addresses", CheckState.Refused, problem.Message, "Give it another address or device first, or make it free at the target.");
        }

        foreach (var warning in findings.Warnings)
        {
            yield return new("addresses", "Addresses", CheckState.Warning, warning);
        }

        if (findings is { Problems.Count: 0, Warnings.Count: 0 })
        {
            yield return new("addresses", "Addresses", CheckState.Ok, conf.Addresses.Count == 0 ? "It has none." : "They are free.");
        }
    }
}
