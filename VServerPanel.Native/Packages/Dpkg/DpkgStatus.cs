using System.Text;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary>Reads the paragraphs of dpkg's status file (deb-control(5), dpkg-query(1)): field, colon, value; a paragraph ends with an empty line.</summary>
/// <remarks><code>
/// Package: libc6
/// Status: install ok installed
/// Architecture: amd64
/// Version: 2.36-9+deb12u9
/// Conffiles:
///  /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
/// Description: GNU C Library: Shared libraries
/// </code></remarks>
internal sealed class DpkgStatus
{
    private const int LongestName = 128;
    private const int LongestVersion = 256;
    private const int LongestSummary = 200;

    private string _name = "";
    private string _version = "";
    private string _architecture = "";
    private string _summary = "";
    private string _state = "";

    /// <summary>Takes the next line; the package where it ended one that has files in the tree.</summary>
    public InstalledPackage? Add(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd("\r "u8);
        if (line.IsEmpty)
        {
            return Finish();
        }

        // a line that goes on with the field before
        var colon = line.IndexOf((byte)':');
        if (line[0] is (byte)' ' or (byte)'\t' || colon <= 0)
        {
            return null;
        }

        var field = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (Is(field, "Package"u8))
        {
            _name = Text(value, LongestName);
        }
        else if (Is(field, "Version"u8))
        {
            _version = Text(value, LongestVersion);
        }
        else if (Is(field, "Architecture"u8))
        {
            _architecture = Text(value, LongestName);
        }
        else if (Is(field, "Description"u8))
        {
            _summary = Text(value, LongestSummary);
        }
        else if (Is(field, "Status"u8))
        {
            // wanted, error flag, state
            _state = Text(value, LongestName).Split(' ') is [_, _, var state] ? state : "";
        }

        return null;
    }

    /// <summary>The end of the file ends the last paragraph.</summary>
    public InstalledPackage? Finish()
    {
        var (name, version, architecture, summary, state) = (_name, _version, _architecture, _summary, _state);
        (_name, _version, _architecture, _summary, _state) = ("", "", "", "", "");

        // config-files, half-installed, not-installed: nothing of them is in the tree that could be counted on
        var isComplete = state is "installed" or "triggers-pending" or "triggers-awaited";
        return (isComplete || state is "unpacked" or "half-configured") && version.Length > 0 && IsName(name) && (architecture.Length == 0 || IsName(architecture))
            ? new InstalledPackage(PackageFormat.Dpkg, name, version, architecture, summary) { IsComplete = isComplete }
            : null;
    }

    /// <summary>Whether a name can be part of a file's name: Debian policy 5.6.1 allows letters, digits, plus, minus, dot.</summary>
    internal static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_');

    // deb-control(5): names of fields are not case-sensitive
    private static bool Is(ReadOnlySpan<byte> field, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(field, name);

    private static string Text(ReadOnlySpan<byte> value, int longest) => ReporterExtensions.Printable(Encoding.UTF8.GetString(value[..Math.Min(value.Length, longest)]));
}
