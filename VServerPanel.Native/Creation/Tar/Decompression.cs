using System.Diagnostics;
using System.IO.Compression;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>How a file is compressed.</summary>
internal enum Compression
{
    None,
    Gzip,
    Xz,
    Zstd,
    Bzip2,
}

/// <summary>The plain content of a compressed stream: gzip by .NET, the others by their programs as children that can spend only so much memory.
/// The compressed stream stays its owner's.</summary>
internal sealed class Decompression : IDisposable
{
    private readonly Process? _process;
    private readonly bool _ownsContent = true;
    private readonly string? _program;
    private readonly Task? _feeding;
    private readonly Task<string>? _errors;

    private Decompression(Stream compressed, Compression compression)
    {
        if (Tool(compression) is not { } tool)
        {
            Content = compression == Compression.Gzip ? new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true) : compressed;
            _ownsContent = compression == Compression.Gzip;
            return;
        }

        _program = tool.Program;
        _process = tool.StartRedirected();
        Content = _process.StandardOutput.BaseStream;
        _errors = _process.StandardError.ReadToEndAsync();
        _feeding = Task.Run(() => Feed(compressed, _process));
    }

    public Stream Content { get; }

    public static Decompression Open(Stream compressed, Compression compression) => new(compressed, compression);

    /// <summary>How a file is compressed, by its first bytes; null where it is neither that nor a tar archive.</summary>
    public static Compression? Detect(ReadOnlySpan<byte> start) =>
        start.StartsWith((byte[])[0x1f, 0x8b]) ? Compression.Gzip
        : start.StartsWith((byte[])[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? Compression.Xz
        : start.StartsWith((byte[])[0x28, 0xb5, 0x2f, 0xfd]) ? Compression.Zstd
        : start.StartsWith("BZh"u8) ? Compression.Bzip2
        : start.Length >= TarHeader.BlockSize && new TarHeader(start[..TarHeader.BlockSize].ToArray()) is { IsEmpty: false, IsValid: true } ? Compression.None
        : null;

    /// <summary>The program that unpacks it; null where none is needed.</summary>
    public static ChildProcess? Tool(Compression compression) => compression switch
    {
        // a window beyond this is an attack on our memory, not an archive
        Compression.Xz => new ChildProcess { Program = "xz", Arguments = ["--decompress", "--stdout", "--memlimit-decompress=512MiB"] },
        Compression.Zstd => new ChildProcess { Program = "zstd", Arguments = ["--decompress", "--stdout", "--quiet", "--memory=512MB"] },
        Compression.Bzip2 => new ChildProcess { Program = "bzip2", Arguments = ["--decompress", "--stdout"] },
        _ => null,
    };

    /// <summary>The Debian package of a program that <see cref="Tool"/> names.</summary>
    public static string PackageOf(Compression compression) => compression == Compression.Xz ? "xz-utils" : compression == Compression.Zstd ? "zstd" : "bzip2";

    /// <summary>How many times its compressed size an archive usually has; an estimate.</summary>
    public static int FactorOf(Compression compression) => compression switch { Compression.None => 1, Compression.Gzip => 3, _ => 5 };

    /// <summary>Reads to the end, so that a damaged end is noticed.</summary>
    /// <exception cref="ProblemException">CommandFailed.</exception>
    public void Finish(CancellationToken cancel)
    {
        var buffer = new byte[1 << 16];
        while (Content.Read(buffer) > 0)
        {
            cancel.ThrowIfCancellationRequested();
        }

        if (_process is not null)
        {
            _process.WaitForExit();
            _feeding!.GetAwaiter().GetResult();
            if (_process.ExitCode != 0)
            {
                throw new ProblemException(ProblemCode.CommandFailed, $"'{_program}' could not unpack it: {_errors!.GetAwaiter().GetResult().Trim()}");
            }
        }
    }

    public void Dispose()
    {
        if (_ownsContent)
        {
            Content.Dispose();
        }

        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    private static void Feed(Stream compressed, Process process)
    {
        try
        {
            using var input = process.StandardInput.BaseStream;
            compressed.CopyTo(input, 1 << 17);
        }
        catch (IOException)
        {
            // it ended before it had read all: its exit code says why
        }
        catch (ObjectDisposedException)
        {
            // given up
        }
    }
}
