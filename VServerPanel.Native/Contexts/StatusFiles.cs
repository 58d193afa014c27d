using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Contexts;

/// <summary>The lines that the kernel of 2002 had in <c>/proc/PID/status</c>, for files that the command line names: <c>chcontext --ctx 1 cat /proc/4711/status</c>.</summary>
/// <remarks>A mount hides one file, and what it shows is of the moment it was made. So it is done for files that are named, which are read at once, and not
/// for every process of a context: who reads its own memory use there must find it. Kernels with the patch of kernel-patches have the line everywhere.</remarks>
internal static partial class StatusFiles
{
    // a directory that every procfs has, for the moment in which a mount needs a place
    private const string Place = "/proc/fs";

    /// <param name="setup">What this process sets of itself, before it does so.</param>
    /// <param name="command">What it becomes.</param>
    /// <param name="hasOwnMounts">Whether this process has a mount namespace of its own already.</param>
    public static void Show(ContextSetup setup, IReadOnlyList<string> command, bool hasOwnMounts)
    {
        foreach (var path in command.Where(w => Named().IsMatch(w)).Distinct(StringComparer.Ordinal))
        {
            try
            {
                if (!hasOwnMounts)
                {
                    ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_NEWNS), "unshare(CLONE_NEWNS)");
                    ErrnoException.ThrowIfFailed(Libc.mount("none", "/", null, Libc.MS_REC | Libc.MS_SLAVE, null), "mount(MS_SLAVE)", "/");
                    hasOwnMounts = true;
                }

                ShowOne(path, setup, command);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // no such process, or a kernel that allows no mounts there: the file stays as the kernel has it
            }
        }
    }

    /// <summary>What the kernel will say of this process when it is the command, as far as that is known; its use of memory is not.</summary>
    internal static string OfCommand(string status, ContextSetup setup, string command, bool isRoot)
    {
        var taken = setup.TakenCapabilities.Aggregate(0ul, (mask, name) => mask | (1ul << CapabilityNames.All.ToList().IndexOf(name)));
        var text = new StringBuilder();
        foreach (var line in status.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var key = line[..Math.Max(0, colon)];
            var name = Path.GetFileName(command);
            text.Append(key switch
            {
                "Name" => $"Name:\t{(name.Length > 15 ? name[..15] : name)}\n",
                "Threads" => "Threads:\t1\n",
                "CapBnd" => Capabilities(key, ~taken),
                "CapPrm" or "CapEff" => Capabilities(key, isRoot ? ~taken : 0),
                "CapInh" or "CapAmb" => Capabilities(key, setup.DropsAll ? 0 : ~taken),
                "FDSize" or "HugetlbPages" or "CoreDumping" or "THP_enabled" or "voluntary_ctxt_switches" or "nonvoluntary_ctxt_switches" => "",
                _ => key.StartsWith("Vm", StringComparison.Ordinal) || key.StartsWith("Rss", StringComparison.Ordinal) ? "" : line + "\n",
            });

            string Capabilities(string label, ulong left) => string.Create(
                CultureInfo.InvariantCulture,
                $"{label}:\t{(ulong.TryParse(line.AsSpan(colon + 1).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var now) ? now & left : 0):x16}\n");
        }

        return text.ToString();
    }

    // /proc/self is whoever looks: from here to the command it is this process
    private static void ShowOne(string path, ContextSetup setup, IReadOnlyList<string> command)
    {
        var pid = Named().Match(path).Groups["pid"].Value;
        var self = new FileInfo("/proc/self").LinkTarget ?? "";
        var isOwn = pid == "self" || pid == self;
        var target = isOwn ? $"/proc/{self}/status" : path;
        var text = File.ReadAllText(target);
        if (text.Contains("\ns_context:", StringComparison.Ordinal))
        {
            return;
        }

        text = isOwn ? OfCommand(text, setup, command[0], Libc.geteuid() == 0) : text;
        var lines = isOwn ? setup.StatusLines : StatusLines.Of(int.Parse(pid, CultureInfo.InvariantCulture));
        ErrnoException.ThrowIfFailed(Libc.mount("status", Place, "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, "size=64k,mode=755"), "mount", Place);
        try
        {
            File.WriteAllText(Place + "/status", text + string.Concat(lines.Select(l => l + "\n")));
            ErrnoException.ThrowIfFailed(Libc.mount(Place + "/status", target, null, Libc.MS_BIND, null), "mount(MS_BIND)", target);
        }
        finally
        {
            // the file's own mount keeps it
            _ = Libc.umount2(Place, Libc.MNT_DETACH);
        }
    }

    [GeneratedRegex("^/proc/(?<pid>self|[1-9][0-9]{0,9})/status$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();
}
