using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary><c>dnf</c>, or what a guest has in its place: it fetches packages from the guest's own repositories, and asks nothing.</summary>
internal sealed class DnfProgram : RpmManager
{
    private const string CheckUpdate = "check-update";
    private const string Refresh = "--refresh";

    // dnf(8): exit code of check-update where there are some
    private const int HasUpdates = 100;

    private const uint AnyExecute = 0b001_001_001;

    // the first that there is; dnf 5 is called dnf, too
    private static readonly string[] s_programs = ["dnf", "yum", "microdnf"];
    private static readonly string[] s_directories = ["usr/bin", "bin"];
    private static readonly string[] s_panelVerbs = ["upgrade", "install", "remove", "autoremove", "downgrade", "reinstall", CheckUpdate, "makecache"];
    private static readonly string[] s_panelOptions = [Refresh, "--best", "--nobest", "--allowerasing", "--skip-broken", "--security"];
    private static readonly string[] s_idleVerbs = [CheckUpdate, "check-upgrade", "makecache", "list", "info", "search", "repoquery", "repolist", "repoinfo", "provides", "whatprovides", "deplist", "updateinfo", "check", "clean", "download", "changelog", "help"];
    private static readonly string[] s_plainOptions = ["-q", "--quiet", "-v", "--verbose", "-y", "-C", "--cacheonly", Refresh];
    private static readonly string[] s_simulations = ["--assumeno", "--downloadonly"];

    public override string Tool => "vdnf";

    public override string Program => s_programs[0];

    /// <summary>Which of these programs a root has; null where it has none.</summary>
    public static string? FindIn(SafeFileHandle root) => s_programs.FirstOrDefault(p => s_directories.Any(d => IsProgram(root, $"{d}/{p}")));

    public override string? ProgramIn(SafeFileHandle root) => base.ProgramIn(root) is null ? null : FindIn(root);

    public override string WhyNot(VServerName name, SafeFileHandle root) => base.ProgramIn(root) is null
        ? base.WhyNot(name, root)
        : $"{name} has none of {string.Join(", ", s_programs)}, which fetch packages. With package files that you have fetched: vrpm {name} -- FILE.rpm …";

    public override IReadOnlyList<string> Command(string program, IReadOnlyList<string> arguments) =>
    [
        program,
        .. arguments.Contains("--assumeno", StringComparer.Ordinal) ? Array.Empty<string>() : ["-y"],

        // yum.conf(5): yum 3 has no option of that name, and fetches what is older than this
        .. program == "yum" ? arguments.Select(a => a == Refresh ? "--setopt=metadata_expire=0" : a) : arguments,
    ];

    // an option may have a value of its own: only where the verb comes first, or behind such as have none, it is plain what is asked for
    public override bool ChangesPackages(IReadOnlyList<string> arguments) =>
        !(arguments.SkipWhile(a => s_plainOptions.Contains(a, StringComparer.Ordinal)).FirstOrDefault() is { } verb && s_idleVerbs.Contains(verb, StringComparer.Ordinal)) && !arguments.Any(a => s_simulations.Contains(a, StringComparer.Ordinal));

    /// <summary>dnf 5 upgrades nothing where one of the names is not installed, and dnf 4 fails where none is: what a guest does not have is left out.</summary>
    public override IReadOnlyList<string>? Narrow(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> installed)
    {
        if (arguments is not ["upgrade", ..] || !arguments.Skip(1).Any(IsTarget))
        {
            return arguments;
        }

        List<string> narrowed = [.. arguments.Where((a, i) => i == 0 || !IsTarget(a) || a.EndsWith(Extension, StringComparison.Ordinal) || IsInstalled(a, installed))];
        return narrowed.Skip(1).Any(a => !a.StartsWith('-')) ? narrowed : null;
    }

    public override bool HasSucceeded(int exitCode, IReadOnlyList<string> arguments) =>
        base.HasSucceeded(exitCode, arguments) || (exitCode == HasUpdates && arguments.Any(a => a is CheckUpdate or "check-upgrade"));

    public override bool IsOpenToPanel(IReadOnlyList<string> arguments) =>
        arguments.Count > 0 && s_panelVerbs.Contains(arguments[0], StringComparer.Ordinal) && arguments.Skip(1).All(a => s_panelOptions.Contains(a, StringComparer.Ordinal) || IsTarget(a));

    /// <summary>NAME, NAME.ARCHITECTURE, NAME-[EPOCH:]VERSION-RELEASE. What has a slash is a file or an address to dnf, and what begins with @ a group.</summary>
    private static bool IsTarget(string word) =>
        word.Length is > 0 and <= 256 && char.IsAsciiLetterOrDigit(word[0]) && word[^1] is not '-' && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' or ':' or '~' or '^');

    // NAME, NAME.ARCHITECTURE, NAME-VERSION; what is installed for several architectures is called NAME:ARCHITECTURE (ByName)
    private static bool IsInstalled(string word, IReadOnlyDictionary<string, string> installed) => installed.Keys.Select(k => k.Split(':')[0])
        .Any(k => word.StartsWith(k, StringComparison.Ordinal) && word[k.Length..] is "" or ['.', ..] or ['-', >= '0' and <= '9', ..]);

    private static bool IsProgram(SafeFileHandle root, string path)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_PATH);
            var stat = Libc.fstatx(file);
            return (stat.Mode & Libc.S_IFMT) == Libc.S_IFREG && (stat.Mode & AnyExecute) != 0;
        }
        catch (ErrnoException)
        {
            return false;
        }
    }
}
