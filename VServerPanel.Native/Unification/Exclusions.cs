using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification.Scanning;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Unification;

/// <summary>Directories whose files are each vserver's own, and directories in them that are taken in nevertheless. The nearest above a file decides.</summary>
internal sealed class Exclusions
{
    // by the rules of the classics, whatever is asked for
    private static readonly string[] s_never = ["etc", "var"];

    private static readonly string[] s_default = ["dev", "etc", "home", "proc", "mnt", "root", "sys", "tmp", "var", "run", "srv"];

    private readonly List<(byte[] Path, bool IsExcluded)> _rules = [];
    private readonly int _longest;

    /// <param name="excluded">More of them (<c>--excldir</c>), as paths inside a vserver.</param>
    /// <param name="included">Taken in (<c>--incldir</c>).</param>
    /// <exception cref="ProblemException">InvalidArgument: no path, or one that is never shared.</exception>
    public Exclusions(IEnumerable<string> excluded, IEnumerable<string> included)
        : this(excluded, included, s_default)
    {
    }

    /// <param name="always">Excluded as well, where it is not taken in; none for what may be looked at wherever it lies.</param>
    private Exclusions(IEnumerable<string> excluded, IEnumerable<string> included, IReadOnlyList<string> always)
    {
        (Excluded, Included) = ([.. excluded.Select(Normalize)], [.. included.Select(Normalize)]);
        if (always.Count > 0 && Included.FirstOrDefault(p => s_never.Contains(p.Split('/')[0])) is { } never)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'/{never}' is each vserver's own, and never shared: --incldir takes in directories outside /etc and /var.");
        }

        var taken = Included.ToHashSet(StringComparer.Ordinal);
        foreach (var path in always.Concat(Excluded).Where(p => !taken.Contains(p)).Distinct())
        {
            _rules.Add((Bytes(path), true));
        }

        _rules.AddRange(taken.Select(p => (Bytes(p), false)));
        _longest = _rules.Select(r => r.Path.Length).DefaultIfEmpty().Max();
    }

    /// <summary>As the classics have them.</summary>
    public static Exclusions Default { get; } = new([], []);

    /// <summary>What was given, in its normal form.</summary>
    public IReadOnlyList<string> Excluded { get; }

    /// <inheritdoc cref="Excluded"/>
    public IReadOnlyList<string> Included { get; }

    /// <summary>The options that say so.</summary>
    public IEnumerable<string> Words => WordsFor(Excluded, Included);

    /// <summary>Nothing is excluded.</summary>
    public static Exclusions None { get; } = new([], [], always: []);

    /// <summary>For an undo: nothing is excluded but what is given.</summary>
    /// <exception cref="ProblemException">InvalidArgument: no path.</exception>
    public static Exclusions ForUndo(IReadOnlyList<string> excluded, IReadOnlyList<string> included) => new(excluded, included, always: []);

    /// <summary>The options for directories in their normal form.</summary>
    public static IEnumerable<string> WordsFor(IEnumerable<string> excluded, IEnumerable<string> included) =>
        excluded.SelectMany(d => (string[])["--excldir", "/" + d]).Concat(included.SelectMany(d => (string[])["--incldir", "/" + d]));

    /// <summary>Whether the files of a directory are excluded.</summary>
    /// <param name="directory">Its path without leading slash; empty for the root.</param>
    /// <param name="parentIs">Whether those of the directory above are.</param>
    public bool IsExcluded(ReadOnlySpan<byte> directory, bool parentIs)
    {
        if (directory.Length <= _longest)
        {
            foreach (var (path, isExcluded) in _rules)
            {
                if (directory.SequenceEqual(path))
                {
                    return isExcluded;
                }
            }
        }

        return parentIs;
    }

    /// <summary>Whether a file is excluded, by its whole path without leading slash.</summary>
    public bool IsExcluded(string file)
    {
        var path = Bytes(file);
        var result = IsExcluded([], parentIs: false);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == (byte)'/')
            {
                result = IsExcluded(path.AsSpan(0, i), result);
            }
        }

        return result;
    }

    /// <summary>Of directories that were given and that none of the trees has, a sentence each: a mistyped one would pass unseen.</summary>
    public List<string> Doubts(TreeScan scan) =>
        [.. Excluded.Select(p => (Word: "--excldir", Path: p)).Concat(Included.Select(p => (Word: "--incldir", Path: p)))
            .Where(d => !scan.Roots.Any(r => IsDirectory(r, d.Path)))
            .Select(d => $"{d.Word} /{d.Path}: none of these vservers has such a directory, so that it changes nothing. A symlink to one does not count.")];

    private static unsafe bool IsDirectory(SafeFileHandle root, string path)
    {
        fixed (byte* bytes = (byte[])[.. Bytes(path), 0])
        {
            var fd = Libc.OpenBeneath((int)root.DangerousGetHandle(), bytes, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            return fd >= 0 && Libc.close(fd) == 0;
        }
    }

    private static string Normalize(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0 && !parts.Any(p => p is "." or "..")
            ? string.Join('/', parts)
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{path}' is no directory inside a vserver: give one like /usr/local.");
    }

    private static byte[] Bytes(string path)
    {
        var bytes = new byte[path.Length * 3];
        return bytes[..PathMarshaller.Encode(path, bytes)];
    }
}
