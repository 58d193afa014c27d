using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Unifies again what a change of packages has parted: <c>--unify</c>.</summary>
/// <param name="operation">The change.</param>
/// <param name="record">What it was, and how it went.</param>
internal sealed class Reunification(Operation operation, PackageRecord record)
{
    private const string Tool = "vunify";

    private readonly IReadOnlyDictionary<Guid, VServerName> _names = PackageRecord.NamesById(operation.Call.Registry);

    /// <summary>The packages that changed, among the vservers in which it succeeded; and all files of those that had shared immutable ones.</summary>
    /// <exception cref="ProblemException">What could not be unified; all else was.</exception>
    public void Run()
    {
        var failures = new List<ProblemException>();
        operation.Report.Progress(2, 2, "Unifying the packages that changed");
        Try(failures, Changed());
        foreach (var words in Groups())
        {
            Try(failures, words);
        }

        if (failures.Count > 0)
        {
            throw new ProblemException(failures[0].Code, $"The packages were changed, but not unified again: {string.Join(' ', failures.Select(f => f.Message).Distinct(StringComparer.Ordinal))}", failures[0]);
        }
    }

    /// <summary>What is left to who did not ask for it: those that were thawed keep files of their own.</summary>
    public void TellWhatIsApart()
    {
        if (Groups().ToList() is { Count: > 0 } groups)
        {
            operation.Report.Warn($"The vservers that shared immutable files have files of their own now. Stopped, they share them again with: {string.Join("; ", groups.Select(g => $"{Tool} {string.Join(' ', g)}"))}");
        }
    }

    private void Try(List<ProblemException> failures, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return;
        }

        if (ToolTable.FindTool(Tool) is not { } tool)
        {
            operation.Report.Warn("The packages were not unified again: this build has no vunify.");
            return;
        }

        try
        {
            // as its administrator would call it; it is an operation of its own
            tool.Run(words, operation.Call with { Report = new NestedReporter(operation.Report), Options = operation.Call.Options with { JobId = null, Detach = false } });
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            failures.Add(e as ProblemException ?? new ProblemException(ProblemException.ToEvent(e).Code, ProblemException.ToEvent(e).Message, e));
        }
    }

    /// <summary>The words for the packages that changed, among all in which it has succeeded: also earlier, where this is a retry, for those have waited for it.</summary>
    private IReadOnlyList<string> Changed()
    {
        var parted = record.Thawed.Select(t => t.VServer).ToHashSet();
        var changed = record.Changed();
        var names = Succeeded(changed).Where(v => !parted.Contains(v) && _names.ContainsKey(v)).Select(v => _names[v].Value).ToList();
        var packages = changed.Where(c => !parted.Contains(c.VServer)).SelectMany(c => c.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (names.Count >= 2 && packages.Count > 0)
        {
            return [.. names, "--", .. packages];
        }

        if (parted.Count == 0)
        {
            operation.Report.Info(packages.Count == 0 ? "Nothing to unify: no package changed." : "Nothing to unify: it has succeeded in fewer than two vservers.");
        }

        return [];
    }

    /// <summary>The words for each set of vservers that had shared immutable files with each other, as soon as it has succeeded in one of them.</summary>
    private IEnumerable<IReadOnlyList<string>> Groups()
    {
        var succeeded = Succeeded(record.Changed()).ToHashSet();
        var left = record.Thawed.Where(t => succeeded.Contains(t.VServer)).ToList();
        while (left.Count > 0)
        {
            var first = left[0];
            left.RemoveAll(first.IsOfOneGroup);
            var members = first.Members.Where(_names.ContainsKey).Select(m => _names[m].Value).ToList();
            if (members.Count > 1)
            {
                yield return ["--method", "immutable", .. Exclusions.WordsFor(first.Excluded, first.Included), .. members, .. first.Scope == UnificationScope.Package ? ["--", .. first.Packages.Count == 0 ? ["ALL"] : first.Packages] : Array.Empty<string>()];
            }
        }
    }

    private static IEnumerable<Guid> Succeeded(IEnumerable<ChangedPackages> changed) => changed.Where(c => c.HasSucceeded).Select(c => c.VServer).Distinct();
}
