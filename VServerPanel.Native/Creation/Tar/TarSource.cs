using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>A root tarball of any distribution.</summary>
internal sealed class TarSource(BuildRequest request, Invocation call) : TreeSource
{
    private SafeFileHandle? _file;
    private Compression _compression;

    public override PlanStep Step => new(
        $"Unpacking {Path.GetFileName(request.Source)}{(BytesNeeded is null ? "" : $" ({ByteSize.Format(FileSize)}, {Name(_compression)})")}",
        Decompression.Tool(_compression)?.Words);

    private long FileSize => (long)Libc.fstatx(_file!).Size;

    public override void Inspect(BuildFindings findings, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(request.Source))
        {
            findings.Refuse(ProblemCode.InvalidArgument, "Say which tarball: --source FILE.");
            return;
        }

        try
        {
            _file = ImageFolder.Open(request.Source, call, Libc.O_RDONLY);
        }
        catch (ProblemException e)
        {
            findings.Refuse(e);
            return;
        }

        var start = new byte[TarHeader.BlockSize];
        var isFile = (Libc.fstatx(_file).Mode & Libc.S_IFMT) == Libc.S_IFREG;
        var read = isFile ? RandomAccess.Read(_file, start, 0) : 0;
        if (Decompression.Detect(start.AsSpan(0, read)) is not { } compression)
        {
            findings.Refuse(ProblemCode.InvalidArgument, $"'{request.Source}' is no tarball. A root is taken from a tar archive, plain or compressed by gzip, xz, zstd or bzip2.");
            return;
        }

        _compression = compression;
        BytesNeeded = FileSize * Decompression.FactorOf(compression);
        if (Decompression.Tool(compression) is { } tool && ChildProcess.Find(tool.Program) is null)
        {
            findings.Refuse(ProblemCode.MissingTool, $"The program '{tool.Program}' is not installed. Install it ('apt-get install {Decompression.PackageOf(compression)}') and try again.");
        }
    }

    public override string Fill(BuildWork work)
    {
        using var root = Libc.open(work.Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var writer = new TreeWriter(root, new SpaceGuard(work.Tree));
        var size = FileSize;
        using var compressed = new HashingStream(new FileStream(_file!, FileAccess.Read, 1), null, done => work.Progress(done, size, "bytes"));
        using var plain = Decompression.Open(compressed, _compression);
        using var archive = new TarArchive(plain.Content);
        try
        {
            Unpacking.Run(archive, writer, work);
            plain.Finish(work.Cancel);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"'{request.Source}' is damaged: {e.Message} Nothing of it has been kept.", e);
        }

        return RootFinder.Find(root);
    }

    public static string Name(Compression compression) => compression == Compression.None ? "not compressed" : compression.ToString().ToLowerInvariant();

    protected override void Dispose(bool disposing)
    {
        _file?.Dispose();
        base.Dispose(disposing);
    }
}
