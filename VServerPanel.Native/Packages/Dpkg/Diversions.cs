using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Packages.Dpkg;

/// <summary>Files that dpkg installs under another name than their package says (dpkg-divert(1)).</summary>
/// <remarks><c>var/lib/dpkg/diversions</c> has three lines each: the path, where it goes, and the package that keeps the path (':' for none).</remarks>
internal sealed class Diversions
{
    private const long MostBytes = 4 << 20;

    private readonly Dictionary<string, (string Place, string Keeper)> _places = new(StringComparer.Ordinal);

    public static Diversions Read(SafeFileHandle root)
    {
        var diversions = new Diversions();
        using var lines = GuestLines.TryOpen(root, "var/lib/dpkg/diversions", MostBytes);
        while (lines is not null && Next(lines) is { } path && Next(lines) is { } place && Next(lines) is { } keeper)
        {
            diversions._places[path] = (place, keeper);
        }

        return diversions;
    }

    /// <summary>Where a package's file is.</summary>
    public string PlaceOf(string path, string package) =>
        _places.TryGetValue(path, out var diversion) && !string.Equals(diversion.Keeper, package, StringComparison.Ordinal) ? diversion.Place : path;

    private static string? Next(GuestLines lines) => lines.TryRead(out var line) ? PathMarshaller.Decode(line) : null;
}
