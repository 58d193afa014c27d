using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>Lowers what a command can ever have of capabilities (capabilities(7), bounding set), as chcontext and reducecap did.</summary>
internal static class CapabilityCeiling
{
    /// <summary>Which are taken away: the secure set if asked for, but not those given; and those taken by name.</summary>
    public static IReadOnlyList<string> Taken(bool isSecure, IReadOnlyCollection<string> given, IReadOnlyCollection<string> taken) =>
        [.. CapabilityNames.All.Where(c => taken.Contains(c, StringComparer.Ordinal) || (isSecure && SecureSet.Names.Contains(c) && !given.Contains(c, StringComparer.Ordinal)))];

    /// <summary>Reads <c>CAP_NET_RAW</c>, <c>net_raw</c>.</summary>
    /// <exception cref="ProblemException">InvalidArgument.</exception>
    public static string Parse(string word) => CapabilityNames.Find(word)
        ?? throw new ProblemException(ProblemCode.InvalidArgument, $"'{word}' is no capability. Write names such as CAP_NET_RAW (capabilities(7)).");

    /// <summary>Takes them from this thread and from all that it becomes or starts.</summary>
    /// <param name="names">Which.</param>
    /// <param name="all">Whether what this thread has now is dropped whole (what a user namespace gave).</param>
    public static void Apply(IReadOnlyList<string> names, bool all)
    {
        if (names.Count == 0 && !all)
        {
            return;
        }

        ErrnoException.ThrowIfFailed(Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl(PR_CAP_AMBIENT)");
        var mask = 0ul;
        foreach (var name in names)
        {
            var number = CapabilityNames.All.ToList().IndexOf(name);
            mask |= 1ul << number;

            // EINVAL: a kernel that does not know it
            if (Libc.prctl(Libc.PR_CAPBSET_DROP, (nuint)number, 0, 0, 0) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == ErrnoNames.EPERM)
            {
                // without CAP_SETPCAP the ceiling stays; what could reach it are programs with privileges of their own, and those lose them
                ErrnoException.ThrowIfFailed(Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
            }
        }

        var (effective, permitted, inheritable) = Libc.Capabilities();

        // root gets back what the ceiling allows when it runs a program; others keep nothing that is not in these
        Libc.SetCapabilities(all ? 0 : effective & ~mask, all ? 0 : permitted & ~mask, all ? 0 : inheritable & ~mask);
    }
}
