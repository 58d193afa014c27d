using System.Globalization;
using VServerPanel.Native.Output;

namespace VServerPanel.Native.Creation.Debootstrap;

/// <summary>Tells how far an installation is, by the lines of apt and dpkg: each package is unpacked, and each is set up.</summary>
internal sealed class PackageProgress(BuildWork work)
{
    // an essential set, until apt has said how many
    private long _packages = 80;
    private long _unpacked;
    private long _setUp;

    public void Take(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        work.Report.ProgramOutput(line);
        if (line.StartsWith("Unpacking ", StringComparison.Ordinal) || line.StartsWith("I: Unpacking ", StringComparison.Ordinal))
        {
            _unpacked++;
        }
        else if (line.StartsWith("Setting up ", StringComparison.Ordinal) || line.StartsWith("I: Configuring ", StringComparison.Ordinal))
        {
            _setUp++;
        }
        else if (NewlyInstalled(line) is { } count)
        {
            _packages = Math.Max(_packages, count);
            return;
        }
        else
        {
            return;
        }

        _packages = Math.Max(_packages, Math.Max(_unpacked, _setUp));
        work.Tell(_setUp, _packages, "packages");
    }

    /// <summary><c>0 upgraded, 143 newly installed, 0 to remove and 0 not upgraded.</c></summary>
    internal static long? NewlyInstalled(string line)
    {
        var words = line.Split(' ');
        var at = Array.IndexOf(words, "newly");
        return at > 0 && line.Contains(" upgraded, ", StringComparison.Ordinal) && long.TryParse(words[at - 1], CultureInfo.InvariantCulture, out var count) ? count : null;
    }
}
