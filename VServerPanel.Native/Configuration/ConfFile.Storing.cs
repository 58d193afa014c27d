using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfFile
{
    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <exception cref="ErrnoException">ENOENT and the like.</exception>
    /// <exception cref="ProblemException">InvalidConfiguration: it is no regular file, or larger than <see cref="MaximumSize"/>.</exception>
    public static ConfFile Read(string path)
    {
        // O_NONBLOCK: a FIFO of that name must not hold us
        using var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        var stat = Libc.fstatx(fd);
        if ((stat.Mode & Libc.S_IFMT) != Libc.S_IFREG || stat.Size > MaximumSize)
        {
            throw new ProblemException(ProblemCode.InvalidConfiguration, $"'{path}' is no conf file: it must be a regular file of at most {MaximumSize} bytes.", path: path);
        }

        var bytes = new byte[MaximumSize];
        var length = 0;
        while (length < bytes.Length && RandomAccess.Read(fd, bytes.AsSpan(length), length) is > 0 and var read)
        {
            length += read;
        }

        return new ConfFile(bytes[..length]);
    }

    /// <summary>Writes the file whole: a reader, or a crash, sees the old bytes or the new ones. Mode and owner are kept; a new file has mode 0644.</summary>
    public void Write(string path) => DurableFile.Write(path, _bytes, 0b110_100_100);
}
