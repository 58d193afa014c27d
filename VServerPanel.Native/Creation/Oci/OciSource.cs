using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Tar;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Oci;

/// <summary>An image in an OCI layout directory: <c>DIRECTORY</c> or <c>DIRECTORY:TAG</c>.</summary>
internal sealed class OciSource(BuildRequest request, Invocation call) : TreeSource
{
    private OciLayout? _layout;
    private OciManifest? _manifest;
    private OciImage? _image;

    public override PlanStep Step => new($"Unpacking the {_manifest?.Layers.Count ?? 0} layers of the image {Path.GetFileName(request.Source)}{(_manifest is null ? "" : $" ({ByteSize.Format(CompressedSize)})")}");

    private long CompressedSize => _manifest?.Layers.Sum(l => l.Size) ?? 0;

    public override void Inspect(BuildFindings findings, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(request.Source))
        {
            findings.Refuse(ProblemCode.InvalidArgument, "Say which image: --source DIRECTORY or DIRECTORY:TAG.");
            return;
        }

        try
        {
            var colon = request.Source.LastIndexOf(':');
            var (path, tag) = colon > request.Source.LastIndexOf('/') ? (request.Source[..colon], request.Source[(colon + 1)..]) : (request.Source, null);
            _layout = new OciLayout(ImageFolder.Open(path, call, Libc.O_RDONLY | Libc.O_DIRECTORY), path);
            (_manifest, _image) = _layout.Find(tag);
            BytesNeeded = 0;
            foreach (var layer in _manifest.Layers)
            {
                var compression = Detect(layer);
                BytesNeeded += layer.Size * Decompression.FactorOf(compression);
                if (Decompression.Tool(compression) is { } tool && ChildProcess.Find(tool.Program) is null)
                {
                    findings.Refuse(ProblemCode.MissingTool, $"The program '{tool.Program}' is not installed. Install it ('apt-get install {Decompression.PackageOf(compression)}') and try again.");
                    break;
                }
            }
        }
        catch (ProblemException e)
        {
            findings.Refuse(e);
        }
    }

    public override string Fill(BuildWork work)
    {
        TellSettings(work.Report);
        using var root = Libc.open(work.Tree, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var guard = new SpaceGuard(work.Tree);
        long before = 0;
        foreach (var layer in _manifest!.Layers)
        {
            var start = before;
            Unpack(layer, new TreeWriter(root, guard), done => work.Progress(start + done, CompressedSize, "bytes"), work);
            before += layer.Size;
        }

        return "";
    }

    protected override void Dispose(bool disposing)
    {
        _layout?.Dispose();
        base.Dispose(disposing);
    }

    private void Unpack(OciDescriptor layer, TreeWriter writer, Action<long> progress, BuildWork work)
    {
        var compression = Detect(layer);
        var (content, hash, expected) = _layout!.OpenBlob(layer);
        using var compressed = new HashingStream(content, hash, progress);
        using (hash)
        using (writer)
        using (var plain = Decompression.Open(compressed, compression))
        using (var archive = new TarArchive(plain.Content))
        {
            try
            {
                new LayerWriter(writer).Apply(archive, work);
                plain.Finish(work.Cancel);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw _layout.Refused($"the layer {layer.Digest} is damaged ({e.Message})");
            }

            // what the unpacker left unread belongs to the blob as well
            var rest = new byte[1 << 16];
            while (compressed.Read(rest) > 0)
            {
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != expected)
            {
                throw _layout.Refused($"the layer {layer.Digest} has another content than its digest says; nothing of it has been kept");
            }
        }
    }

    // by content: media types are wrong often enough
    private Compression Detect(OciDescriptor layer)
    {
        var (content, hash, _) = _layout!.OpenBlob(layer);
        using (content)
        using (hash)
        {
            var start = new byte[TarHeader.BlockSize];
            var read = RandomAccess.Read(content.SafeFileHandle, start, 0);
            return Decompression.Detect(start.AsSpan(0, read))
                ?? (read == start.Length && start.AsSpan().IndexOfAnyExcept((byte)0) < 0 ? Compression.None : throw _layout.Refused($"the layer {layer.Digest} is no tar archive, or encrypted"));
        }
    }

    private void TellSettings(IReporter report)
    {
        report.Info($"Image for {_image!.Os}/{_image.Architecture}, {_manifest!.Layers.Count} layers.");
        if (_image.Config is { } config)
        {
            Tell("entry point", config.Entrypoint);
            Tell("command", config.Cmd);
            Tell("environment", config.Env);
            Tell("user", config.User is { Length: > 0 } user ? [user] : null);
            Tell("working directory", config.WorkingDir is { Length: > 0 } directory ? [directory] : null);
        }

        void Tell(string what, IReadOnlyList<string>? words)
        {
            if (words is { Count: > 0 })
            {
                report.Info(ReporterExtensions.Printable($"The image's {what}, which a vserver does not use: {string.Join(' ', words)}"));
            }
        }
    }
}
