using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>Trees with everything a guest can have: odd names, set-id bits, owners, times, attributes, hard links, symlinks, holes, FIFOs.</summary>
internal sealed class RandomTree(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _files = [];
    private int _left = 40;

    /// <summary>Makes it in an existing directory.</summary>
    public void MakeIn(string path)
    {
        using var root = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Fill(root, root, "", 0);
    }

    private void Fill(SafeFileHandle root, SafeFileHandle directory, string path, int depth)
    {
        for (var count = _random.Next(1, 7); count > 0 && _left > 0; count--, _left--)
        {
            var name = Name();
            if (Libc.TryStatx(directory, name, out _))
            {
                continue;
            }

            var full = path.Length == 0 ? name : $"{path}/{name}";
            switch (_random.Next(8))
            {
                case 0 or 1 when depth < 5:
                    ErrnoException.ThrowIfFailed(Libc.mkdirat(directory, name, 0b111_000_000), "mkdirat", name);
                    using (var child = Libc.openat(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY))
                    {
                        Fill(root, child, full, depth + 1);
                    }

                    Metadata(true).Apply(directory, name, isSymlink: false);
                    break;
                case 2:
                    ErrnoException.ThrowIfFailed(Libc.symlinkat(_random.Next(3) switch { 0 => "/etc/passwd", 1 => "../../..", _ => Name() + new string('t', _random.Next(150)) }, directory, name), "symlinkat");
                    Metadata(false).Apply(directory, name, isSymlink: true);
                    break;
                case 3 when _files.Count > 0:
                    ErrnoException.ThrowIfFailed(Libc.linkat(root, _files[_random.Next(_files.Count)], directory, name, 0), "linkat");
                    break;
                case 4:
                    ErrnoException.ThrowIfFailed(Libc.mkfifoat(directory, name, 0b110_000_000), "mkfifoat");
                    Metadata(false).Apply(directory, name, isSymlink: false);
                    break;
                default:
                    WriteFile(directory, name);
                    Metadata(true).Apply(directory, name, isSymlink: false);
                    _files.Add(full);
                    break;
            }
        }
    }

    private void WriteFile(SafeFileHandle directory, string name)
    {
        using var file = Libc.openat(directory, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0b110_000_000);
        for (var parts = _random.Next(3); parts > 0; parts--)
        {
            var data = new byte[_random.Next(1, 9000)];
            _random.NextBytes(data);

            // holes between
            RandomAccess.Write(file, data, _random.Next(4) * 100_000L);
        }

        if (_random.Next(4) == 0)
        {
            ErrnoException.ThrowIfFailed(Libc.ftruncate(file, _random.Next(500_000)), "ftruncate");
        }
    }

    private EntryMetadata Metadata(bool canHaveAttributes)
    {
        var attributes = new List<KeyValuePair<string, byte[]>>();
        if (canHaveAttributes && _random.Next(4) == 0)
        {
            var value = new byte[_random.Next(1, 40)];
            _random.NextBytes(value);
            attributes.Add(new("user.random", value));
        }

        // all bits, set-id and sticky; times before 1970 and with nanoseconds
        return new EntryMetadata((uint)_random.Next(0x1000), (uint)_random.Next(65536), (uint)_random.Next(65536), _random.NextInt64(-1000, 2_000_000_000), _random.Next(1_000_000_000), attributes);
    }

    private string Name()
    {
        var bytes = new byte[_random.Next(5) == 0 ? _random.Next(100, 256) : _random.Next(1, 12)];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = _random.Next(4) == 0 ? (byte)_random.Next(1, 256) : (byte)"abcdefgh.-_ \n\\"[_random.Next(14)];
            bytes[i] = bytes[i] == '/' ? (byte)'x' : bytes[i];
        }

        var name = PathMarshaller.Decode(bytes);
        return name is "." or ".." || name.StartsWith(".wh.", StringComparison.Ordinal) ? "dots" : name;
    }
}
