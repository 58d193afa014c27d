using System.Text;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>The directories of the host that root lets vservers have: <c>/etc/vservers/shares.allowed</c>, a path a line.</summary>
/// <remarks>The panel may write conf files; were SHARES enough, a panel that was taken over could show a vserver the host's /etc.</remarks>
internal sealed class ShareAllowance(HostPaths paths)
{
    private const uint WritableByOthers = 0b000_010_010;
    private const int MaximumSize = 1 << 20;

    private readonly string _path = paths.Configuration + "/shares.allowed";

    /// <exception cref="ProblemException">NotPermitted: root has not said so; or others may write the list.</exception>
    public void Require(string source)
    {
        if (!Read().Contains(source))
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{source}' is not to be shared with vservers, as long as root has not said so: 'vserver NAME share add {source} TARGET' in a shell of the host says it, or a line '{source}' in '{_path}'.");
        }
    }

    /// <summary>Adds a directory.</summary>
    public void Add(string source)
    {
        if (Read().Contains(source))
        {
            return;
        }

        var text = File.Exists(_path) ? File.ReadAllText(_path) : "# Directories of this host that vservers may have by SHARES, one a line.\n";
        DurableFile.Write(_path, Encoding.UTF8.GetBytes(text + (text.EndsWith('\n') ? "" : "\n") + source + "\n"), 0b110_100_100);
    }

    private HashSet<string> Read()
    {
        if (!Libc.TryStatx(null, _path, out var stat))
        {
            return [];
        }

        if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.Uid != 0 || (stat.Mode & WritableByOthers) != 0 || stat.Size > MaximumSize)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{_path}' must be a file of root's that nobody else can write. Look at what is in it, then: chown root: {_path}; chmod 644 {_path}", path: _path);
        }

        return [.. File.ReadLines(_path).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];
    }
}
