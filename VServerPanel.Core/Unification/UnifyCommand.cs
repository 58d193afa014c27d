using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>The command lines that make vservers share files, and that take it back.</summary>
public static class UnifyCommand
{
    /// <summary>The words of <c>vunify …</c>. Pure.</summary>
    public static IReadOnlyList<string> Words(UnificationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var words = new List<string> { "vunify" };
        if (request.Scope is UnificationScope.Content)
        {
            words.Add("--content");
        }

        if (request.IsQuick)
        {
            words.Add("--quick");
        }

        if (request.Method is { } method)
        {
            words.AddRange(["--method", WordOf(method)]);
        }

        words.AddRange(request.All.Select(name => name.Value));
        if (request.Scope is UnificationScope.Package)
        {
            words.AddRange(["--", "ALL"]);
        }

        return words;
    }

    /// <summary>A method, as <c>--method</c> has it.</summary>
    internal static string WordOf(SharingMethod method) => method.ToString().ToLowerInvariant();

    /// <summary>The words that give vservers files of their own again: one, or all of several but the first, which keeps what is there.</summary>
    /// <exception cref="HostProblemException">None is named.</exception>
    public static IReadOnlyList<string> UndoWords(IReadOnlyList<VServerName> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Count switch
        {
            0 => throw new HostProblemException(ProblemCode.InvalidArgument, "Name the vservers that are to have files of their own again."),
            1 => ["vserver", names[0].Value, "deunify"],
            _ => ["vunify", "--undo", .. names.Select(n => n.Value)],
        };
    }
}
