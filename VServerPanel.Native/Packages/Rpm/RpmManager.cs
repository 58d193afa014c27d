using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>A program that changes packages which are rpm's.</summary>
internal abstract class RpmManager : PackageManager
{
    public override PackageFormat Format => PackageFormat.Rpm;

    public override string Extension => ".rpm";

    public override IReadOnlyDictionary<string, string> Versions(GuestSession session, CancellationToken cancel)
    {
        var packages = new List<InstalledPackage>();
        RpmQuery.Run(session, withFiles: false, TakeLine, cancel);
        return ByName(packages);

        void TakeLine(string line)
        {
            if (packages.Count < PackageDatabase.MostPackages && RpmQuery.TryParsePackage(line) is { } package)
            {
                packages.Add(package);
            }
        }
    }
}
