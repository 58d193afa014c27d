using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>The versions that a guest's dnf or yum would upgrade its packages to, by the metadata that it has fetched itself: nothing is fetched for it. Its answer is kept as long as the
/// database, the metadata and the configuration of its repositories are as they were.</summary>
internal sealed class DnfUpdates
{
    private const long MostCharacters = 8 << 20;

    // dnf(8), yum(8): exit code of check-update where there are some, and of what failed by their own judgement
    private const int HasUpdates = 100;
    private const int HasFailed = 1;

    // begins the line with what went wrong
    private const char FaultMark = '!';

    private static readonly string[] s_caches = ["var/cache/dnf", "var/cache/libdnf5", "var/cache/yum"];

    // repositories, variables, modules, locked versions
    private static readonly string[] s_configuration = ["etc/dnf", "etc/yum", "etc/yum.repos.d", "etc/distro.repos.d"];

    // it waits for another's lock, and is no more than advice
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SafeFileHandle _root;
    private readonly string? _program;
    private readonly KeptAnswer _kept;
    private readonly Dictionary<string, List<(string Architecture, string Version)>> _updates = new(StringComparer.Ordinal);

    public DnfUpdates(Invocation call, VServerName name, SafeFileHandle root)
    {
        (_root, _kept) = (root, new KeptAnswer(call, name, "dnf", Stamps));
        _program = PackageDatabases.FormatOf(root) == PackageFormat.Rpm ? DnfProgram.FindIn(root) : null;
    }

    /// <summary>Whether the guest has a program that fetches packages.</summary>
    public bool CanFetch => _program is not null;

    /// <summary>Why the guest could not be asked, as a sentence; null where it was, or has nobody to ask.</summary>
    public string? Fault { get; set; }

    /// <summary>Reads what is kept.</summary>
    /// <returns>False where the guest must be asked.</returns>
    public bool TryReadKept()
    {
        // microdnf has no check-update; what has never been fetched, or is fetched to another place, offers nothing
        if (_program is null or "microdnf" || MetadataIn(new FileStamps(_root)).Count == 0)
        {
            return true;
        }

        if (!_kept.IsTrue())
        {
            return false;
        }

        Read();
        return true;
    }

    /// <summary>Asks the guest. That it fails is no error of who asks: there is a <see cref="Fault"/> then, and no update.</summary>
    public void Ask(GuestSession session, CancellationToken cancel)
    {
        _kept.Ask(tell =>
        {
            var list = new UpdateList();
            var title = $"{_program} -C check-update";
            var (code, error) = GuestQuery.Run(session, title, [_program!, "-q", "-C", "check-update"], s_patience, MostCharacters, TakeLine, _ => { }, cancel);
            if (code is not 0 and not HasUpdates)
            {
                tell($"{FaultMark}'{title}' in the vserver ended with exit code {code.ToString(CultureInfo.InvariantCulture)}{(error.Length > 0 ? ": " + error : ".")}");
            }

            return code is 0 or HasUpdates or HasFailed;

            void TakeLine(string line)
            {
                if (list.Take(line) is { } update)
                {
                    tell($"{update.Name}\t{update.Architecture}\t{update.Version}");
                }
            }
        });
        Read();
    }

    /// <summary>What it would be upgraded to; null where nothing newer is known.</summary>
    public string? CandidateOf(InstalledPackage package) =>
        _updates.TryGetValue(package.Name, out var updates)
            ? updates.Where(u => u.Architecture == package.Architecture).Concat(updates.Where(u => u.Architecture == "noarch" || package.Architecture == "noarch")).Select(u => u.Version).FirstOrDefault()
            : null;

    private FileStamps Stamps()
    {
        var stamps = RpmListing.AddDatabase(new FileStamps(_root));
        stamps.Add("etc/yum.conf");
        foreach (var directory in s_configuration)
        {
            stamps.AddBelow(directory, 2, _ => true);
        }

        return MetadataIn(stamps);
    }

    // the index of a repository: REPOSITORY-HASH/repodata in dnf's cache, ARCHITECTURE/RELEASE/REPOSITORY in yum's
    private static FileStamps MetadataIn(FileStamps stamps)
    {
        foreach (var cache in s_caches)
        {
            stamps.AddBelow(cache, 3, n => n == "repomd.xml");
        }

        return stamps;
    }

    private void Read()
    {
        using var lines = _kept.Open();
        if (lines is null || !lines.TryRead(out _))
        {
            return;
        }

        while (lines.TryRead(out var bytes))
        {
            var line = PathMarshaller.Decode(bytes);
            if (line.StartsWith(FaultMark))
            {
                Fault = line[1..];
            }
            else if (line.Split('\t') is [var name, var architecture, var version])
            {
                if (!_updates.TryGetValue(name, out var updates))
                {
                    _updates.Add(name, updates = []);
                }

                updates.Add((architecture, version));
            }
        }
    }
}
