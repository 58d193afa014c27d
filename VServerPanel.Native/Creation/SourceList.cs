using VServerPanel.Native.Auditing;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Debootstrap;
using VServerPanel.Native.Creation.Tar;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary><c>newvserver --list-sources</c>: what this host can make vservers from.</summary>
internal static class SourceList
{
    private const string Scripts = "/usr/share/debootstrap/scripts";

    public static void Tell(Invocation call)
    {
        foreach (var source in Releases().Concat(Images(call)).Concat(VServers(call)).Append(new BuildSource(BuildMethod.Skeleton, "", "Empty root", "directories only, to be filled by hand")))
        {
            var method = source.Method.ToString().ToLowerInvariant();
            call.Report.Item(ItemKinds.BuildSource, source, $"{method,-12} {source.Source,-24} {source.Title}{(source.Detail.Length > 0 ? $" ({source.Detail})" : "")}");
        }
    }

    /// <summary>Releases that can be installed here: their keys are on this host, and the tool knows them. The host's own comes first.</summary>
    private static IEnumerable<BuildSource> Releases()
    {
        var hasMmdebstrap = ChildProcess.Find("mmdebstrap") is not null;
        if (!hasMmdebstrap && ChildProcess.Find("debootstrap") is null)
        {
            return [];
        }

        var (id, codename) = Distribution.ReadHost();
        return
        [
            .. Distribution.All
                .Where(d => File.Exists(d.Keyring))
                .SelectMany(d => d.Suites.Select(s => (Distribution: d, s.Suite, s.Version)))
                .Where(s => hasMmdebstrap || File.Exists($"{Scripts}/{s.Suite}"))
                .OrderByDescending(s => s.Suite == codename)
                .ThenByDescending(s => s.Distribution.Id == id)
                .Select(s => new BuildSource(BuildMethod.Debootstrap, s.Suite, $"{s.Distribution.Name} {s.Version} ({s.Suite})", DebootstrapSource.Archives(s.Distribution, s.Suite, null)[0].Uri, 400L << 20)),
        ];
    }

    private static IEnumerable<BuildSource> Images(Invocation call)
    {
        using var folder = Libc.open(call.Paths.Images, Libc.O_RDONLY | Libc.O_DIRECTORY);
        foreach (var entry in DirectoryReader.Read(folder).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var path = $"{call.Paths.Images}/{entry.Name}";
            if (entry.Name.StartsWith('.') || entry.Name.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            {
                continue;
            }

            if (entry.IsDirectory && File.Exists(path + "/index.json"))
            {
                yield return new BuildSource(BuildMethod.Oci, entry.Name, entry.Name, "OCI image layout");
            }
            else if (entry.IsDirectory)
            {
                // one level of folders, to keep many images in order
                foreach (var below in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
                {
                    if (Tarball(below, $"{entry.Name}/{Path.GetFileName(below)}") is { } inner)
                    {
                        yield return inner;
                    }
                }
            }
            else if (Tarball(path, entry.Name) is { } tarball)
            {
                yield return tarball;
            }
        }
    }

    private static BuildSource? Tarball(string path, string source)
    {
        try
        {
            using var file = Libc.open(path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
            if ((Libc.fstatx(file).Mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                return null;
            }

            var start = new byte[TarHeader.BlockSize];
            var read = RandomAccess.Read(file, start, 0);
            var size = RandomAccess.GetLength(file);
            return Decompression.Detect(start.AsSpan(0, read)) is { } compression
                ? new BuildSource(BuildMethod.Tar, source, source, $"tarball, {ByteSize.Format(size)}, {TarSource.Name(compression)}", size * Decompression.FactorOf(compression))
                : null;
        }
        catch (Exception e) when (e is ErrnoException or ProblemException)
        {
            return null;
        }
    }

    private static IEnumerable<BuildSource> VServers(Invocation call)
    {
        var disk = new Processes.DiskUsage(call.Paths);
        foreach (var name in call.Registry.Names().Where(n => Directory.Exists(call.Paths.TreeOf(n))))
        {
            var description = "";
            try
            {
                description = ConfFile.Read(call.Paths.ConfOf(name)).Description;
            }
            catch (Exception e) when (e is ErrnoException or ProblemException)
            {
                // its tree can be copied all the same
            }

            yield return new BuildSource(BuildMethod.Clone, name.Value, $"Copy of {name}", description, call.Registry.IdOf(name) is { } id ? disk.Find(id).Bytes : null);
        }

        if (!CallerActor.IsPanel(call.Actor))
        {
            yield return new BuildSource(BuildMethod.Clone, "/", "Copy of this host", "with its keys and passwords");
        }
    }
}
