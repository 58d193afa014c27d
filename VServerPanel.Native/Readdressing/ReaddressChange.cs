using System.Text;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Network;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Readdressing;

/// <summary>What a re-addressing comes to: found by looking, nothing of it done yet.</summary>
internal sealed class ReaddressChange
{
    private ReaddressChange(ConfFile old, ConfFile changed, RunState? running) =>
        (Old, Changed, Before, After, Running) = (old, changed, VServerConf.From(old).Conf, VServerConf.From(changed).Conf, running);

    public ConfFile Old { get; }

    public ConfFile Changed { get; }

    public VServerConf Before { get; }

    public VServerConf After { get; }

    /// <summary>Null where it does not run.</summary>
    public RunState? Running { get; }

    public IReadOnlyList<GuestEdit> Edits { get; private set; } = [];

    public BuildFindings Findings { get; } = new();

    public bool IsNothing => Old.Digest == Changed.Digest && Edits.Count == 0;

    /// <summary>Whether a running one has to be stopped and started for it: its addresses are of a kind that cannot be changed under it.</summary>
    public bool NeedsRestart => Running is not null && Old.Get(ConfKeys.IpRoot) != Changed.Get(ConfKeys.IpRoot) && !(Running.Network == NetworkMode.Shared && LiveAddresses.Follows(ConfKeys.IpRoot, Before, After));

    public static ReaddressChange Find(Invocation call, VServerName name, ReaddressRequest request)
    {
        var path = call.Paths.ConfOf(name);
        var (old, changed) = (ConfFile.Read(path), ConfFile.Read(path));
        try
        {
            foreach (var (key, value) in (IEnumerable<(string, string?)>)[(ConfKeys.Hostname, request.Hostname), (ConfKeys.DomainName, request.DomainName), (ConfKeys.IpRoot, request.Addresses is null ? null : string.Join(' ', request.Addresses))])
            {
                if (value is not null)
                {
                    changed.Set(key, value);
                }
            }
        }
        catch (ArgumentException e)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, e.Message, e);
        }

        var change = new ReaddressChange(old, changed, new RunStateStore(call.Paths).FindRunning(name));
        change.Check(call, name);
        if (request.ChangesGuest && change.Findings.Problems.Count == 0)
        {
            change.LookAtGuest(call, name);
        }

        return change;
    }

    private void Check(Invocation call, VServerName name)
    {
        foreach (var error in ConfChecks.Findings(Changed, name, call.Paths).Where(f => f.IsError))
        {
            Findings.Refuse(ProblemCode.InvalidConfiguration, ConfChecks.Sentence(error));
        }

        if (Findings.Problems.Count > 0 || Old.Get(ConfKeys.IpRoot) == Changed.Get(ConfKeys.IpRoot))
        {
            return;
        }

        new AddressBook(call.Paths, call.Registry).Check(name, After, Findings);
        if (Findings.Problems.Count == 0)
        {
            foreach (var (address, mac) in AddressProbe.Answered(After, Before))
            {
                Findings.Refuse(ProblemCode.AddressInUse, $"Another machine on the network has {address} (its hardware address is {mac}). Take another, or switch that one off.");
            }
        }
    }

    private void LookAtGuest(Invocation call, VServerName name)
    {
        using var root = StorageCheck.OpenRoot(call.Paths.VServers, name);
        Edits = GuestEdits.Find(root, new GuestWords(Before, After), Findings.Warn);
    }

    /// <summary>Every file that changes, as <c>diff -u</c> shows it.</summary>
    public IReadOnlyList<FileChange> Diffs(Hosts.HostPaths paths, VServerName name)
    {
        var conf = Old.Digest == Changed.Digest ? [] : (IEnumerable<FileChange>)[new FileChange(paths.ConfOf(name), UnifiedDiff.Of(paths.ConfOf(name), Old.Text, Changed.Text))];
        return [.. conf, .. Edits.Select(e => new FileChange($"{paths.TreeOf(name)}/{e.Path}", UnifiedDiff.Of($"{paths.TreeOf(name)}/{e.Path}", Text(e.Old), Text(e.New))))];
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
