using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Kernel;

/// <summary>A BPF map that is pinned, with keys and values of fixed layout.</summary>
internal sealed unsafe class PinnedMap<TKey, TValue>(SafeFileHandle fd) : IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    public static PinnedMap<TKey, TValue>? TryOpen(string path) => Libbpf.GetPinned(path) is { } fd ? new PinnedMap<TKey, TValue>(fd) : null;

    public void Set(TKey key, TValue value) => Libbpf.ThrowIfFailed(Libbpf.bpf_map_update_elem(fd, &key, &value, 0), "bpf(BPF_MAP_UPDATE_ELEM)");

    public TValue? Find(TKey key)
    {
        TValue value;
        return Libbpf.bpf_map_lookup_elem(fd, &key, &value) == 0 ? value : null;
    }

    public void Remove(TKey key)
    {
        var result = Libbpf.bpf_map_delete_elem(fd, &key);
        if (result != -ErrnoNames.ENOENT)
        {
            Libbpf.ThrowIfFailed(result, "bpf(BPF_MAP_DELETE_ELEM)");
        }
    }

    public List<TKey> Keys()
    {
        var keys = new List<TKey>();
        TKey next;
        if (Libbpf.bpf_map_get_next_key(fd, null, &next) != 0)
        {
            return keys;
        }

        // a key that is removed meanwhile starts the walk anew (bpf(2)), so the walk has an end of its own
        const int Limit = 1 << 17;
        TKey key;
        do
        {
            key = next;
            keys.Add(key);
        }
        while (keys.Count < Limit && Libbpf.bpf_map_get_next_key(fd, &key, &next) == 0);

        return keys;
    }

    public void Dispose() => fd.Dispose();
}
