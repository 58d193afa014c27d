using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>The command lines that change packages in many vservers.</summary>
public static class PackageCommand
{
    /// <summary>The words of <c>vapt … -- …</c>, or <c>vdnf … -- …</c>. Pure.</summary>
    public static IReadOnlyList<string> Words(PackageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return
        [
            ToolOf(request.Format),
            .. request.UnifyAfterwards ? ["--unify"] : Array.Empty<string>(),
            .. request.VServers.Select(v => v.Value),
            "--",
            .. request.Packages.Count == 0 || request.Format is PackageFormat.Rpm ? (string[])["upgrade"] : ["install", "--only-upgrade"],
            .. request.Packages,
        ];
    }

    /// <summary>The words that have vservers look for newer versions.</summary>
    public static IReadOnlyList<string> LookWords(PackageFormat format, IReadOnlyList<VServerName> vservers) => [ToolOf(format), .. vservers.Select(v => v.Value), "--", .. format is PackageFormat.Rpm ? (string[])["makecache", "--refresh"] : ["update"]];

    /// <summary>A job's command again, in some of its vservers: those in which it failed. As its retry, so that the host finds them under the names that they have by now, and unifies them with the others.</summary>
    /// <returns>Null where it is no job that changes packages.</returns>
    public static IReadOnlyList<string>? Again(JobInfo job, IReadOnlyList<VServerName> vservers)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (PackageRun.TargetsOf(job.Command) is not { Arguments.Count: > 0 } run)
        {
            return null;
        }

        // a retry's own retry follows it alone: the host's record of it has what was before
        var options = run.Options.ToList();
        if (options.IndexOf("--retry") is >= 0 and var earlier)
        {
            options.RemoveRange(earlier, 2);
        }

        return [run.Tool, "--retry", job.Id, .. options, .. vservers.Select(v => v.Value), "--", .. run.Arguments];
    }

    private static string ToolOf(PackageFormat format) => format is PackageFormat.Dpkg ? "vapt" : "vdnf";
}
