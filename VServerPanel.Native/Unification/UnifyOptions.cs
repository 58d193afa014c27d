using System.CommandLine;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Options of a unification, the same for every command that makes one.</summary>
internal sealed class UnifyOptions
{
    private readonly Option<bool> _debug = new("--debug") { Description = "a line for each file: whether it is shared, or why not" };
    private readonly Option<bool> _noFlags = new("--noflags") { Description = "do not mark inodes; refused where only the mark protects shared files" };
    private readonly Option<bool> _content = new("--content") { Description = "by content, wherever files lie (so it is without '-- …')" };
    private readonly Option<bool> _quick = new("--quick") { Description = "by package, trusting version, size, time, mode and owner; nothing is read" };
    private readonly Option<string?> _method = new("--method") { Description = "reflink, hardlink or immutable; else the best there is", HelpName = "METHOD" };
    private readonly Option<bool> _verify = new("--verify") { Description = "look at the protection or the blocks of changed files once more" };
    private readonly Option<string[]> _excluded = new("--excldir") { Description = "a directory that is each vserver's own (repeatable)", HelpName = "DIR", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _included = new("--incldir") { Description = "a directory to take in (repeatable)", HelpName = "DIR", AllowMultipleArgumentsPerToken = false };
    private readonly Option<int?> _threads = new("--threads") { Description = "how many files are worked on at once (blocks are shared by no more than there are processors)", HelpName = "N" };

    // an undo compares nothing and marks nothing
    private Option[] OfSharing => [_content, _quick, _method, _verify];

    private Option[] OfBoth => [_debug, _excluded, _included, _threads];

    public void AddTo(Command command)
    {
        foreach (var option in OfSharing.Prepend(_noFlags))
        {
            command.Add(option);
        }

        AddToUndo(command);
    }

    /// <summary>Those that undoing heeds.</summary>
    public void AddToUndo(Command command)
    {
        foreach (var option in OfBoth)
        {
            command.Add(option);
        }
    }

    /// <summary>Reads what undoing heeds.</summary>
    /// <param name="result">What was given.</param>
    /// <param name="vservers">That get files of their own.</param>
    /// <param name="packages">The words after <c>--</c>; null where there is none.</param>
    /// <exception cref="ProblemException">InvalidArgument: something was given that only sharing heeds.</exception>
    public UnificationRequest ReadUndo(ParseResult result, IReadOnlyList<VServerName> vservers, IReadOnlyList<string>? packages)
    {
        var others = OfSharing.Where(o => result.GetResult(o) is { Implicit: false }).Select(o => o.Name).ToList();
        return others.Count > 0
            ? throw new ProblemException(ProblemCode.InvalidArgument, $"Undoing gives a vserver files of its own, however they were shared. Leave out {string.Join(", ", others)}.")
            : ReadBoth(result, vservers, packages) with { KeptShared = Exclusions.ForUndo(result.GetValue(_excluded) ?? [], result.GetValue(_included) ?? []) };
    }

    /// <param name="result">What was given.</param>
    /// <param name="vservers">The reference first.</param>
    /// <param name="packages">The words after <c>--</c>; null where there is none.</param>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public UnificationRequest Read(ParseResult result, IReadOnlyList<VServerName> vservers, IReadOnlyList<string>? packages)
    {
        if (packages is not null && result.GetValue(_content))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "Either by package ('-- …') or by content (--content).");
        }

        return ReadBoth(result, vservers, packages) with
        {
            Exclusions = new Exclusions(result.GetValue(_excluded) ?? [], result.GetValue(_included) ?? []),
            Method = MethodOf(result.GetValue(_method)),
            IsQuick = result.GetValue(_quick),
            IsWithoutFlags = result.GetValue(_noFlags),
            IsVerified = result.GetValue(_verify),
        };
    }

    private UnificationRequest ReadBoth(ParseResult result, IReadOnlyList<VServerName> vservers, IReadOnlyList<string>? packages)
    {
        if (packages is { Count: 0 })
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "After '--' stand packages, or ALL.");
        }

        if (packages is { Count: > 1 } && packages.Contains("ALL"))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "ALL stands alone after '--': it is every package. Leave it out, or the others.");
        }

        return new UnificationRequest
        {
            VServers = vservers,
            Scope = packages is null ? UnificationScope.Content : UnificationScope.Package,
            Packages = packages is null or ["ALL"] ? [] : packages,
            IsEachFileTold = result.GetValue(_debug),
            Threads = Math.Clamp(result.GetValue(_threads) ?? ParallelWork.DefaultWalkers, 1, 64),
        };
    }

    private static SharingMethod? MethodOf(string? word) => word is null
        ? null
        : UnificationCommand.MethodWords.TryGetValue(word, out var method)
            ? method
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{word}' is no method: reflink, hardlink or immutable.");
}
