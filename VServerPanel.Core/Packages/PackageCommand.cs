using VServerPanel.Protocol;

namespace VServerPanel.Core.Packages;

/// <summary>The command lines that change packages in many vservers.</summary>
public static class PackageCommand
{
    /// <summary>The words of <c>vapt … -- …</c>. Pure.</summary>
    public static IReadOnlyList<string> Words(PackageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return
        [
            ToolOf(request.Format),
            .. request.UnifyAfterwards ? ["--unify"] : Array.Empty<string>(),
            .. request.VServers.Select(v => v.Value),
            "--",
            .. request.Packages.Count == 0 ? ["upgrade"] : (string[])["install", "--only-upgrade", .. request.Packages],
        ];
    }

    /// <summary>The words that have vservers look for newer versions.</summary>
    public static IReadOnlyList<string> LookWords(PackageFormat format, IReadOnlyList<VServerName> vservers) => [ToolOf(format), .. vservers.Select(v => v.Value), "--", "update"];

    /// <summary>The same command for other vservers: those in which it failed.</summary>
    /// <returns>Null where <paramref name="words"/> are not those of a command for packages.</returns>
    public static IReadOnlyList<string>? Again(IReadOnlyList<string> words, IReadOnlyList<VServerName> vservers)
    {
        ArgumentNullException.ThrowIfNull(words);
        return PackageRun.TargetsOf(words) is { } run && run.Arguments.Count > 0
            ? [run.Tool, .. run.Options, .. vservers.Select(v => v.Value), "--", .. run.Arguments]
            : null;
    }

    private static string ToolOf(PackageFormat format) => format is PackageFormat.Dpkg ? "vapt" : "vrpm";
}
