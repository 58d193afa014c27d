using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Debootstrap;

/// <summary>A new Debian or Ubuntu from a package mirror, by mmdebstrap, else debootstrap.</summary>
internal sealed class DebootstrapSource(BuildRequest request) : TreeSource
{
    private const long UsualBytes = 400L << 20;
    private const string UsualVariant = "minbase";

    // MS_REMOUNT, sys/mount.h
    private const nuint Remount = 32;
    private static readonly string[] s_variants = ["essential", "apt", UsualVariant, "important", "standard"];

    private IReadOnlyList<AptSource> _archives = [];
    private Distribution? _distribution;

    public override PlanStep Step => new($"Installing {_distribution?.Name ?? "packages"} {Suite} from {(_archives.Count > 0 ? _archives[0].Uri : "a mirror")}", Command("TREE"));

    private string Suite { get; } = request.Suite ?? (request.Source is { Length: > 0 } source ? source : Distribution.ReadHost().Codename);

    private string Variant => request.Variant ?? UsualVariant;

    private static bool HasMmdebstrap => ChildProcess.Find("mmdebstrap") is not null;

    public override void Inspect(BuildFindings findings, CancellationToken cancel)
    {
        BytesNeeded = UsualBytes;
        if (!HasMmdebstrap && ChildProcess.Find("debootstrap") is null)
        {
            findings.Refuse(ProblemCode.MissingTool, "Neither mmdebstrap nor debootstrap is installed. Install one ('apt-get install mmdebstrap') and try again.");
        }

        if (request.Suite is not null && request.Source is { Length: > 0 } && request.Source != request.Suite)
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"--source {request.Source} and --suite {request.Suite} both name the release. Give one.");
        }

        if (!s_variants.Contains(Variant))
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"There is no variant '{Variant}'. The variants are {string.Join(", ", s_variants)}.");
        }

        foreach (var package in request.Include.Where(p => !IsPackageName(p)))
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"'{package}' is no package name.");
        }

        InspectMirror(findings);
        _distribution = Distribution.OfSuite(Suite);
        if (_distribution is null)
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"'{Suite}' is no release that is known here. Known are {string.Join(", ", Distribution.All.SelectMany(d => d.Suites).Select(s => s.Suite))}; 'newvserver --list-sources' lists those this host can make.");
            return;
        }

        _archives = Archives(_distribution, Suite, request.Mirror);
        foreach (var keyring in _archives.Select(a => a.SignedBy).OfType<string>().Distinct().Where(k => !File.Exists(k)))
        {
            findings.Refuse(ProblemCode.MissingTool, $"The keys of {_distribution.Name}'s archive are not on this host ('{keyring}'), so its packages could not be checked. Install {_distribution.KeyringPackage} and try again.");
        }
    }

    public override string Fill(BuildWork work)
    {
        var progress = new PackageProgress(work);
        var command = new ChildProcess
        {
            Program = "setpriv",
            Arguments = [.. Command(work.Tree).Skip(1)],
            Environment = new Dictionary<string, string> { ["DEBIAN_FRONTEND"] = "noninteractive", ["TMPDIR"] = "/tmp" },
            OnOutputLine = progress.Take,
        };
        PrivateMounts.Run(() =>
        {
            // the host's mount of the trees runs nothing; in here the packages' own scripts must run
            var directory = Path.GetDirectoryName(work.Tree)!;
            ErrnoException.ThrowIfFailed(Libc.mount(directory, directory, null, Libc.MS_BIND, null), "mount(MS_BIND)", directory);
            ErrnoException.ThrowIfFailed(Libc.mount("none", directory, null, Libc.MS_BIND | Remount, null), "mount(MS_REMOUNT)", directory);
            return command.Run(work.Cancel);
        });
        CleanUp(work.Tree);
        return "";
    }

    /// <summary>The archives to install a release from: this host's own where it has them, with their updates, else the distribution's.</summary>
    public static IReadOnlyList<AptSource> Archives(Distribution distribution, string suite, string? mirror)
    {
        if (mirror is not null)
        {
            return [new AptSource(mirror.TrimEnd('/'), suite, distribution.Component, distribution.Keyring)];
        }

        // backports and proposed updates are no part of a release
        var own = AptSources.ReadHost().Where(s => s.Suite == suite || s.Suite == $"{suite}-updates" || s.Suite == $"{suite}-security").ToList();
        if (own.Exists(s => s.Suite == suite))
        {
            var first = own.First(s => s.Suite == suite);
            return [.. own.DistinctBy(s => (s.Uri, s.Suite)).OrderByDescending(s => s == first).Select(s => s with { SignedBy = s.SignedBy ?? distribution.Keyring })];
        }

        // another release of the same distribution is on the same mirror
        var (id, codename) = Distribution.ReadHost();
        var uri = id == distribution.Id ? AptSources.ReadHost().FirstOrDefault(s => s.Suite == codename)?.Uri : null;
        return [new AptSource(uri ?? distribution.Mirror, suite, distribution.Component, distribution.Keyring)];
    }

    /// <summary>Names as dpkg allows them (Debian policy, 5.6.1).</summary>
    public static bool IsPackageName(string name) =>
        name.Length is >= 2 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.');

    // Ends with us, however we end: PDEATHSIG takes unshare, that its process 1, and the kernel the rest of the pid namespace, mounts and all
    private List<string> Command(string tree)
    {
        var packages = string.Join(',', (_distribution?.Packages ?? []).Concat(request.Include).Distinct());
        List<string> words = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
        if (HasMmdebstrap)
        {
            words.AddRange(["mmdebstrap", "--mode=root", "--format=directory", "--skip=check/empty", $"--variant={Variant}", "--verbose"]);
            if (packages.Length > 0)
            {
                words.Add($"--include={packages}");
            }

            return [.. words, Suite, tree, .. _archives.Select(a => a.Line)];
        }

        // debootstrap knows fewer variants, and one archive
        words.AddRange(["debootstrap", .. Variant is "important" or "standard" ? Array.Empty<string>() : ["--variant=minbase"], .. packages.Length > 0 ? [$"--include={packages}"] : Array.Empty<string>()]);
        if (_archives.Count > 0)
        {
            words.AddRange([$"--keyring={_archives[0].SignedBy ?? _distribution!.Keyring}", $"--components={string.Join(',', _archives[0].Components)}"]);
        }

        return [.. words, Suite, tree, .. _archives.Take(1).Select(a => a.Uri)];
    }

    private void InspectMirror(BuildFindings findings)
    {
        if (request.Mirror is { } mirror && (!Uri.TryCreate(mirror, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || mirror.Any(c => c is <= ' ' or > '~' or '[' or ']')))
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"'{mirror}' is no mirror. Give its http:// or https:// address.");
        }
    }

    // what only served the installation
    private static void CleanUp(string tree)
    {
        using var root = Libc.open(tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var directory in (string[])["dev", "var/cache/apt/archives"])
        {
            if (Guest.GuestRoot.TryOpenDirectory(root, directory) is { } open)
            {
                using (open)
                {
                    foreach (var entry in DirectoryReader.Read(open).Where(e => e.Name is not ("lock" or "partial")))
                    {
                        TreeRemoval.RemoveAt(open, entry.Name);
                    }
                }
            }
        }

        // both tools remove theirs; one that stayed would keep the guest from ever starting its services
        Guest.GuestRoot.Remove(root, "usr/sbin/policy-rc.d");
    }
}
