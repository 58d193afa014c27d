using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary><c>vserver NAME share list | add SOURCE TARGET [--ro] | remove TARGET</c>: kept in SHARES of the conf file.</summary>
internal sealed class ShareVerb : Verb
{
    private const string UsageLine = """
        Usage: vserver NAME share list                         directories of the host that it sees
               vserver NAME share add SOURCE TARGET [--ro]     one more; one that runs sees it at once
               vserver NAME share remove TARGET                one less
        """;

    public override string Name => "share";

    public override bool OpenToPanel => true;

    public override string Usage => "list|add|remove";

    public override string Summary => "directories of the host that the vserver sees";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["list"]:
                List(name, call);
                return ExitCodes.Success;
            case ["add", var source, var target]:
                return Add(name, $"{source}:{target}", call);
            case ["add", var source, var target, "--ro"]:
                return Add(name, $"{source}:{target}:ro", call);
            case ["remove", var target]:
                return Remove(name, target, call);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static void List(VServerName name, Invocation call)
    {
        var shares = VServerConf.From(ConfFile.Read(call.Paths.ConfOf(name))).Conf.Shares;
        var live = new LiveShares(call.Paths, name);
        foreach (var share in shares)
        {
            var problem = ProblemOf(share, call);
            var isMounted = live.IsMounted(share);
            call.Report.Item(
                ItemKinds.SharedDirectory,
                new SharedDirectory(share.Source, share.Target, share.IsReadOnly, problem, isMounted),
                $"{share.Target}  is {share.Source}{(share.IsReadOnly ? ", read-only" : "")}{(isMounted == false ? ", from the next start on" : "")}{(problem is null ? "" : $"  ({problem})")}");
        }

        call.Report.Result(null, shares.Count == 0 ? $"{name} sees no directory of the host but its own." : null);
    }

    private static string? ProblemOf(HostShare share, Invocation call)
    {
        try
        {
            ShareSource.Check(call.Paths, share);
            return null;
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            return e.Message;
        }
    }

    private static int Add(VServerName name, string word, Invocation call)
    {
        var share = HostShare.TryParse(word, out var error) ?? throw new ProblemException(ProblemCode.InvalidArgument, error!);

        // root says by this that it may be shared; the panel can choose among what root has allowed
        var allows = !CallerActor.IsPanel(call.Actor);
        return ConfigChange.Run(
            name,
            null,
            () =>
            {
                ShareSource.Check(call.Paths, share, mustBeAllowed: !allows);
                var file = With(ConfFile.Read(call.Paths.ConfOf(name)), share);
                if (allows && !call.Options.Plan)
                {
                    new ShareAllowance(call.Paths).Add(share.Source);
                }

                return file;
            },
            call,
            () => new ShareChange(call.Paths, name, share, isAdded: true));
    }

    private static int Remove(VServerName name, string target, Invocation call)
    {
        HostShare? removed = null;
        return ConfigChange.Run(
            name,
            null,
            () =>
            {
                var file = ConfFile.Read(call.Paths.ConfOf(name));
                removed = VServerConf.From(file).Conf.Shares.FirstOrDefault(s => s.Target == target)
                    ?? throw new ProblemException(ProblemCode.NotFound, $"{name} has no share at '{target}'. 'vserver {name} share list' lists them.");
                file.Set(ConfKeys.Shares, string.Join(' ', VServerConf.From(file).Conf.Shares.Where(s => s != removed)));
                return file;
            },
            call,
            () => new ShareChange(call.Paths, name, removed!, isAdded: false));
    }

    private static ConfFile With(ConfFile file, HostShare share)
    {
        var shares = VServerConf.From(file).Conf.Shares;
        if (shares.FirstOrDefault(s => s.Target == share.Target) is { } taken)
        {
            throw new ProblemException(ProblemCode.AlreadyExists, $"'{taken.Target}' is '{taken.Source}' already. Remove that first, or choose another place.");
        }

        file.Set(ConfKeys.Shares, string.Join(' ', shares.Append(share)));
        return file;
    }
}
