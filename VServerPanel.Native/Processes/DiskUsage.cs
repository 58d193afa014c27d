using System.Globalization;
using VServerPanel.Native.Hosts;

namespace VServerPanel.Native.Processes;

/// <summary>What the trees take on disk, as last measured: <c>/var/lib/vservers/disk/ID</c>, bytes and Unix time.</summary>
/// <remarks>Files of their own, so that measuring never stands in the way of who changes the registry.</remarks>
internal sealed class DiskUsage(HostPaths paths)
{
    private readonly Dictionary<Guid, (DateTime Written, long Bytes, DateTimeOffset At)> _read = [];

    public string Directory => paths.State + "/disk";

    /// <summary>Allocated bytes and when they were measured; nulls where they never were.</summary>
    public (long? Bytes, DateTimeOffset? MeasuredAt) Find(Guid id)
    {
        var path = PathOf(id);
        var written = File.GetLastWriteTimeUtc(path);
        if (_read.TryGetValue(id, out var known) && known.Written == written)
        {
            return (known.Bytes, known.At);
        }

        try
        {
            if (File.ReadAllText(path).Split(' ') is [var bytes, var at]
                && long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                && long.TryParse(at.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                _read[id] = (written, size, DateTimeOffset.FromUnixTimeSeconds(seconds));
                return (size, _read[id].At);
            }
        }
        catch (IOException)
        {
            // never measured
        }

        return (null, null);
    }

    public void Save(Guid id, long bytes, DateTimeOffset at)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var path = PathOf(id);
        File.WriteAllText(path + ".new", string.Create(CultureInfo.InvariantCulture, $"{bytes} {at.ToUnixTimeSeconds()}\n"));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Removes the figures of vservers that are gone.</summary>
    public void Prune(IReadOnlySet<Guid> known)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return;
        }

        foreach (var file in System.IO.Directory.EnumerateFiles(Directory))
        {
            if (!Guid.TryParse(Path.GetFileName(file), out var id) || !known.Contains(id))
            {
                File.Delete(file);
            }
        }
    }

    private string PathOf(Guid id) => $"{Directory}/{id}";
}
