using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>What a guest's rpm has answered, from a file of the host's (<see cref="RpmListing"/>).</summary>
internal sealed class RpmDatabase : PackageDatabase
{
    private readonly SafeFileHandle _directory;
    private readonly string _file;
    private readonly RealPaths _paths;
    private readonly List<InstalledPackage> _packages = [];

    /// <param name="root">The root's directory; must stay open as long as the database is used.</param>
    /// <param name="directory">Where the answer lies.</param>
    /// <param name="file">Its name.</param>
    /// <param name="fault">What rpm complained of when it answered.</param>
    public RpmDatabase(SafeFileHandle root, string directory, string file, string? fault = null)
    {
        (_file, _paths, Fault) = (file, new RealPaths(root), fault);
        _directory = Libc.open(directory, Libc.O_PATH | Libc.O_DIRECTORY);
        using var lines = Open(0);
        for (ReadOnlySpan<byte> line; _packages.Count < MostPackages && lines is not null && lines.TryRead(out line);)
        {
            if (line.Length > 0 && line[0] == (byte)RpmQuery.PackageMark && RpmQuery.TryParsePackage(PathMarshaller.Decode(line)) is { } package)
            {
                _packages.Add(package with { Position = lines.Position });
            }
        }
    }

    public override PackageFormat Format => PackageFormat.Rpm;

    public override IReadOnlyList<InstalledPackage> Packages => _packages;

    public override string? Fault { get; }

    public override IEnumerable<PackageFile> FilesOf(InstalledPackage package)
    {
        using var lines = Open(package.Position);
        while (lines is not null && TryRead(lines, out var file))
        {
            if (file is { } entry)
            {
                yield return entry;
            }
        }
    }

    public override void Dispose()
    {
        _directory.Dispose();
        base.Dispose();
    }

    private bool TryRead(GuestLines lines, out PackageFile? file)
    {
        file = null;
        if (!lines.TryRead(out var line) || (line.Length > 0 && line[0] == (byte)RpmQuery.PackageMark))
        {
            return false;
        }

        if (RpmQuery.TryParseFile(PathMarshaller.Decode(line), out var path, out var isConfiguration) && _paths.Find(path) is { } real)
        {
            file = new PackageFile(real, isConfiguration);
        }

        return true;
    }

    private GuestLines? Open(long offset) => GuestLines.TryOpen(_directory, _file, long.MaxValue, offset);
}
