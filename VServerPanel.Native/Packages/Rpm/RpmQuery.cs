using System.Globalization;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>Asks a guest's own rpm, inside the guest. Its database (Berkeley DB, ndb or SQLite) is written by the guest: no program of the host's ever reads it.</summary>
internal static class RpmQuery
{
    /// <summary>Begins the line of a package: name, version, architecture, summary, with tabs between.</summary>
    public const char PackageMark = '@';

    private const int LongestName = 256;
    private const int LongestSummary = 200;
    private const long MostCharacters = 64 << 20;

    // rpm(8), QUERY OPTIONS; the numbers are RPMFILE_CONFIG and RPMFILE_GHOST of rpmfiles.h, st_mode, and rpmfileState
    private const string PackageFormatText = "@%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SUMMARY}\\n";
    private const string FileFormatText = "[%{FILEFLAGS} %{FILEMODES} %{FILESTATES} %{FILENAMES}\\n]";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs the query.</summary>
    /// <param name="session">The vserver.</param>
    /// <param name="withFiles">Whether the files of each package are listed behind it: see <see cref="TryParseFile"/>.</param>
    /// <param name="onLine">Told each line.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What rpm complained of, for people: packages may be missing in its answer then. Null where it is whole.</returns>
    /// <exception cref="ProblemException">CommandFailed, with what rpm said; TimedOut.</exception>
    public static string? Run(GuestSession session, bool withFiles, Action<string> onLine, CancellationToken cancel)
    {
        string[] words = ["rpm", "-qa", "--qf", withFiles ? PackageFormatText + FileFormatText : PackageFormatText];
        var complaint = "";
        var (code, error) = GuestQuery.Run(session, "rpm -qa", words, s_patience, MostCharacters, onLine, TakeError, cancel);
        return code != 0 ? throw new ProblemException(ProblemCode.CommandFailed, $"'rpm -qa' in the vserver ended with exit code {code.ToString(CultureInfo.InvariantCulture)}{(error.Length > 0 ? ": " + error : ".")}")
            : complaint.Length > 0 ? $"'rpm -qa' in the vserver said: {GuestQuery.Told(complaint)}"
            : null;

        // of a database that is damaged, or of a kind that it does not know, rpm lists what it can, if anything, and ends with exit code 0
        void TakeError(string line) =>
            complaint = complaint.Length == 0 && (line.StartsWith("error:", StringComparison.Ordinal) || line.StartsWith("warning: using dummy database", StringComparison.Ordinal)) ? line : complaint;
    }

    /// <summary>A line such as <c>@bash\t5.2.26-3.fc40\tx86_64\tThe GNU Bourne Again shell</c>.</summary>
    public static InstalledPackage? TryParsePackage(string line)
    {
        if (line.Length < 2 || line[0] != PackageMark || line[1..].Split('\t', 4) is not [{ Length: > 0 and <= LongestName } name, { Length: > 0 and <= LongestName } version, { Length: <= LongestName } architecture, var summary])
        {
            return null;
        }

        // keys of repositories are kept as packages, too
        return name == "gpg-pubkey" ? null : new InstalledPackage(
            Protocol.PackageFormat.Rpm,
            ReporterExtensions.Printable(name),
            ReporterExtensions.Printable(version),
            ReporterExtensions.Printable(architecture),
            ReporterExtensions.Printable(summary.Length > LongestSummary ? summary[..LongestSummary] : summary));
    }

    /// <summary>A line such as <c>17 33188 0 /etc/bashrc</c>: flags, mode, state, path; false for what is no file of the tree.</summary>
    public static bool TryParseFile(ReadOnlySpan<char> line, out ReadOnlySpan<char> path, out bool isConfiguration)
    {
        const int Configuration = 1;
        const int Ghost = 1 << 6;
        const int Directory = 0x4000;
        const int Type = 0xf000;
        path = default;
        isConfiguration = false;
        if (!TryTakeNumber(ref line, out var flags) || !TryTakeNumber(ref line, out var mode) || !TryTakeNumber(ref line, out var state))
        {
            return false;
        }

        path = line;
        isConfiguration = (flags & Configuration) != 0;
        return (flags & Ghost) == 0 && (mode & Type) != Directory && state == 0 && line.Length > 0 && line[0] == '/';
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> line, out int number)
    {
        var space = line.IndexOf(' ');
        number = 0;
        if (space <= 0 || !int.TryParse(line[..space], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        line = line[(space + 1)..];
        return true;
    }
}
