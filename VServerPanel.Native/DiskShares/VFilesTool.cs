using System.CommandLine;
using System.Globalization;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary><c>vfiles NAME [--list]</c>: what cannot be shared, and why; <c>vfiles NAME --why PATH</c>: of one file.</summary>
internal sealed class VFilesTool : Tool
{
    public override string Name => "vfiles";

    public override bool OpenToPanel => true;

    public override bool OnlyReads => true;

    public override string Summary => "NAME: which files cannot be shared, and why; --why PATH: of one";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        var name = new Argument<string>("NAME");
        var list = new Option<bool>("--list") { Description = "each file by itself" };
        var why = new Option<string>("--why") { Description = "whether this one is shared, and why", HelpName = "PATH" };
        var command = new Command(Name, "Which files of a vserver cannot be shared with others, and why.") { name, list, why };
        if (ArgumentParser.Parse(command, arguments, Name) is not { } result)
        {
            return ExitCodes.Success;
        }

        var vserver = ArgumentParser.VServerNameOf(result.GetValue(name));
        call.Registry.Require(vserver);
        if (!Directory.Exists(call.Paths.TreeOf(vserver)))
        {
            throw new ProblemException(ProblemCode.NotFound, $"{vserver} has no tree: '{call.Paths.TreeOf(vserver)}' is not there.");
        }

        if (result.GetValue(why) is { } path)
        {
            Explain(call, new SharingQuestion(call, vserver).Answer(path));
        }
        else
        {
            Tell(call, vserver, result.GetValue(list));
        }

        return ExitCodes.Success;
    }

    private static void Explain(Invocation call, SharingAnswer answer)
    {
        var with = answer.SharedWith is { Count: > 0 } others ? $" With: {string.Join(", ", others)}." : "";
        call.Report.Item(ItemKinds.SharingAnswer, answer, $"/{answer.Path}: {answer.Explanation}{(answer.Package is null ? "" : $" It belongs to {answer.Package}.")}{with}");
    }

    private static void Tell(Invocation call, VServerName name, bool isListed)
    {
        var counts = new SortedDictionary<SkipReason, (long Files, long Bytes)>();
        foreach (var file in new FileReasons(call, name).Read())
        {
            var (files, bytes) = counts.GetValueOrDefault(file.Reason);
            counts[file.Reason] = (files + 1, bytes + file.Bytes);
            if (isListed && file.Reason != SkipReason.None)
            {
                var code = Eligibility.CodeOf(file.Reason);
                call.Report.Item(ItemKinds.SharingAnswer, new SharingAnswer(name, file.Path, false, code, Eligibility.Explain(file.Reason)), $"{code,-20} /{file.Path}");
            }
        }

        foreach (var (reason, (files, bytes)) in counts.Where(c => c.Key != SkipReason.None))
        {
            call.Report.Item(
                ItemKinds.SkippedFiles,
                Eligibility.ToWire(reason, files, bytes),
                isListed ? null : string.Create(CultureInfo.InvariantCulture, $"{files,8} {ByteSize.Format(bytes),10}  {Eligibility.CodeOf(reason)}: {Eligibility.Explain(reason)}"));
        }

        if (!isListed)
        {
            var (files, bytes) = counts.GetValueOrDefault(SkipReason.None);
            call.Report.Result(null, string.Create(CultureInfo.InvariantCulture, $"{files,8} {ByteSize.Format(bytes),10}  can be shared with vservers that have files like them."));
        }
    }
}
