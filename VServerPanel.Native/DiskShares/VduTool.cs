using System.CommandLine;
using System.Globalization;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.FileTrees;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary><c>vdu [--apparent] DIR…</c>, as it ever was; <c>vdu [NAME…|ALL]</c>: what vservers take, and what of it they share.</summary>
internal sealed class VduTool : Tool
{
    private const string All = "ALL";
    private const int Kilo = 1024;

    public override string Name => "vdu";

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override string Summary => "[NAME…|ALL]: disk usage, shared and own; DIR…: of regular files with one link";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var words = new Argument<string[]>("NAME…|ALL|DIR…") { Arity = ArgumentArity.ZeroOrMore };
        var apparent = new Option<bool>("--apparent") { Description = "of directories: sum lengths instead of allocated blocks" };
        var command = new Command(Name, "What vservers take on disk (none given: all), or directories.") { words, apparent };
        if (ArgumentParser.Parse(command, arguments, Name) is not { } result)
        {
            return ExitCodes.Success;
        }

        var given = result.GetValue(words) ?? [];
        var isApparent = result.GetValue(apparent);
        if (isApparent && given.Length == 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "--apparent measures directories: name some.");
        }

        if (!isApparent && given.All(w => w == All || IsVServer(call, w)))
        {
            OfVServers(call, given);
        }
        else if (CallerActor.IsPanel(call.Actor))
        {
            throw new ProblemException(ProblemCode.NotPermitted, "Measuring directories is not for the panel. Give names of vservers, or run it in a shell of the host.");
        }
        else
        {
            OfDirectories(call, [.. given.Select(Resolve)], given, isApparent);
        }

        return ExitCodes.Success;
    }

    private static void OfVServers(Invocation call, string[] given)
    {
        // what a vserver shares shows only beside the others
        var survey = DiskSurvey.OfAll(call);
        var asked = given.Length == 0 || given.Contains(All, StringComparer.Ordinal)
            ? survey.Shares
            : [.. given.Distinct(StringComparer.Ordinal).Select(n => survey.Shares.FirstOrDefault(s => s.VServer?.Value == n)
                ?? throw new ProblemException(ProblemCode.NotFound, $"{n} has no tree: '{call.Paths.TreeOf(VServerName.Parse(n))}' is not there."))];
        foreach (var share in asked)
        {
            call.Report.Item(ItemKinds.DiskShare, share);
        }

        if (!call.Options.Json)
        {
            foreach (var line in DiskShareTable.Lines(asked, survey.Disk))
            {
                Console.Out.WriteLine(line);
            }
        }

        call.Report.Result(survey.Disk);
    }

    private static void OfDirectories(Invocation call, IReadOnlyList<string> paths, string[] given, bool isApparent)
    {
        var outcome = DiskScan.Run(paths, withRanges: call.Options.Json, workers: null, call.Cancel);
        for (var i = 0; i < paths.Count; i++)
        {
            var totals = outcome.Trees[i];
            var sum = isApparent ? totals.SingleLinkLengths : totals.SingleLinkBytes;
            var line = string.Create(CultureInfo.InvariantCulture, $"{given[i]}\t{(sum + Kilo - 1) / Kilo}K");
            call.Report.Item(ItemKinds.DiskShare, DiskSurvey.ShareOf(null, paths[i], totals), line);
        }

        if (call.Options.Json)
        {
            call.Report.Result(DiskSurvey.DiskOf(paths[0], call.Paths, outcome.SavedBytes));
        }
    }

    private static bool IsVServer(Invocation call, string word) => VServerName.TryParse(word, out var name) && call.Registry.Exists(name);

    private static string Resolve(string word)
    {
        if (word.Length == 0)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "A name or a directory is empty.");
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(word));
        return Directory.Exists(path)
            ? Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path
            : throw new ProblemException(ProblemCode.NotFound, $"'{word}' is no directory. Directories are measured alone, and vservers by their names alone, without --apparent.", path: path);
    }
}
