using System.Globalization;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Moving.Copy;

/// <summary>One pass of a tree to a peer, by rsync over ssh: what is there is made equal to what is here, and nothing else stays.</summary>
/// <remarks>Marks of shared files (<c>trusted.*</c>) bind to inodes of this host and stay here. Flags of files are not copied by rsync.</remarks>
internal sealed class CopyPass(HostPaths paths, Peer peer)
{
    // rsync(1), EXIT VALUES
    private const int PartialTransfer = 23;
    private const int VanishedFiles = 24;
    private const int NoSpaceOrInputOutput = 11;

    private static readonly string[] UsualOptions = ["-aHAXS", "--delete"];

    // not into another name that is renamed then: nobody but us sees what is half there
    private static readonly string[] FirstOptions = ["-aHAX", "--delete", "--inplace"];

    // a name that has gone by now is for the next pass
    private static readonly string[] DirectoryOptions = ["-aHAXS", "--delete", "--ignore-missing-args"];
    private static readonly string[] FileOptions = ["-aHAXS", "--checksum", "--ignore-missing-args"];

    /// <summary>Contents are compared by checksum, not by size and time.</summary>
    public bool Checksums { get; init; }

    /// <summary>At most so much goes over the wire in a second; null: no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Whether files may change meanwhile: what vanished or could not be read is left to the next pass then.</summary>
    public bool IsOfRunningTree { get; init; }

    /// <summary>Whether nothing is there yet: files are written where they will be then, and only those with holes in small pieces. One that gets holes meanwhile takes its full size there.</summary>
    public bool IsIntoNothing { get; init; }

    /// <summary>Runs it.</summary>
    /// <param name="tree">Absolute.</param>
    /// <param name="moveId">An incoming tree that the peer has taken a place for.</param>
    /// <param name="onProgress">Bytes done with, and bytes a second.</param>
    /// <param name="cancel">Ends it; what arrived stays there for another pass.</param>
    /// <exception cref="ProblemException">Unreachable, NoSpace, CommandFailed, Unsupported.</exception>
    public CopyTotals Run(string tree, string moveId, Action<long, long?> onProgress, CancellationToken cancel)
    {
        if (!IsIntoNothing || SparseFiles.Find(tree, cancel) is not { } sparse)
        {
            return Run(tree, Arguments(tree, moveId), onProgress, cancel);
        }

        var done = 0L;
        var totals = RunListed(tree, moveId, FirstOptions, sparse.LeftOut(), l => [$"--exclude-from={l}"], (bytes, rate) => onProgress(done = bytes, rate), cancel);
        return sparse.IsEmpty ? totals : totals + RunListed(tree, moveId, UsualOptions, sparse.Alone(), l => [$"--include-from={l}", "--exclude=*"], (bytes, rate) => onProgress(done + bytes, rate), cancel);
    }

    /// <summary>Makes equal what has changed, and looks at nothing else.</summary>
    /// <param name="tree">Absolute.</param>
    /// <param name="moveId">An incoming tree that the peer has taken a place for.</param>
    /// <param name="changes">Of it. Files are compared by their contents, whatever their sizes and times say.</param>
    /// <param name="withDirectories">Whether directories are made equal, too: what is gone from them, with all that was in it, what is new, and attributes; not what lies deeper.</param>
    /// <param name="onProgress">Bytes done with, and bytes a second.</param>
    /// <param name="cancel">Ends it; what arrived stays there for another pass.</param>
    /// <returns>Totals of these alone.</returns>
    public CopyTotals RunChanged(string tree, string moveId, TreeChanges changes, bool withDirectories, Action<long, long?> onProgress, CancellationToken cancel)
    {
        var (totals, done) = (new CopyTotals(), 0L);
        if (withDirectories && changes.DirectoryPaths.Count > 0)
        {
            totals += RunListed(tree, moveId, DirectoryOptions, Join(changes.DirectoryPaths), l => [$"--files-from={l}"], (bytes, rate) => onProgress(done = bytes, rate), cancel);
        }

        if (changes.FilePaths.Count > 0)
        {
            totals += RunListed(tree, moveId, FileOptions, Join(changes.FilePaths), l => [$"--files-from={l}"], (bytes, rate) => onProgress(done + bytes, rate), cancel);
        }

        return totals;
    }

    // rsync leaves out a name in --files-from that begins with '#' or ';', also where names end with a null byte
    private static byte[] Join(IReadOnlyList<byte[]> paths)
    {
        var joined = new MemoryStream();
        foreach (var path in paths)
        {
            joined.Write("./"u8);
            joined.Write(path);
            joined.WriteByte(0);
        }

        return joined.ToArray();
    }

    private CopyTotals RunListed(string tree, string moveId, IReadOnlyList<string> options, byte[] list, Func<string, string[]> words, Action<long, long?> onProgress, CancellationToken cancel)
    {
        // names of the vserver's: nobody else reads them
        var file = $"{paths.Run}/.names-{Receiving.IncomingRequest.CheckId(moveId)}.{Environment.ProcessId}";
        try
        {
            DurableFile.Write(file, list, 0b110_000_000);
            return Run(tree, Arguments(tree, moveId, options, ["--from0", .. words(file)]), onProgress, cancel);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private CopyTotals Run(string tree, IReadOnlyList<string> arguments, Action<long, long?> onProgress, CancellationToken cancel)
    {
        var totals = new CopyTotals();
        var pass = new ChildProcess
        {
            Program = ChildProcess.Require("rsync"),
            Arguments = arguments,
            OnOutputLine = line =>
            {
                if (RsyncOutput.Progress(line) is var (bytes, rate))
                {
                    onProgress(bytes, rate);
                }

                totals = RsyncOutput.Total(line, totals);
            },
        };
        var result = SendingView.Run(tree, () => pass.Try(cancel));
        return result.ExitCode switch
        {
            0 => totals,
            _ when result.Error.Contains(Receiving.ReceivingWatch.Full, StringComparison.Ordinal) => throw Full(),
            _ when result.Error.Contains(Receiving.ReceivingWatch.Lost, StringComparison.Ordinal) => throw new ProblemException(ProblemCode.InputOutput, $"The disk of {peer.Name} does not keep what is written to it. Look into the kernel's log there."),
            VanishedFiles when IsOfRunningTree => totals,
            PartialTransfer when IsOfRunningTree => totals with { IsComplete = false },
            255 => throw new PeerSsh(paths, peer).Failure(result.Error),
            NoSpaceOrInputOutput when result.Error.Contains("No space left on device", StringComparison.Ordinal) => throw Full(),
            10 or 12 or 30 or 35 => throw new ProblemException(ProblemCode.Unreachable, $"The connection to {peer.Name} broke: {LastLine(result.Error)}"),
            var code => throw new ProblemException(ProblemCode.CommandFailed, $"rsync to {peer.Name} ended with exit code {code}: {LastLine(result.Error)}"),
        };
    }

    /// <summary>Told of bytes and rate at once, and then once a second.</summary>
    public static Action<long, long?> EachSecond(Action<long, long?> tell)
    {
        var told = 0L;
        return (bytes, rate) =>
        {
            if (Environment.TickCount64 - told >= 1000)
            {
                told = Environment.TickCount64;
                tell(bytes, rate);
            }
        };
    }

    /// <summary>How far a pass is.</summary>
    /// <param name="id">Of the move or copy.</param>
    /// <param name="phase">What it does.</param>
    /// <param name="number">From 1.</param>
    /// <param name="done">Bytes.</param>
    /// <param name="total">Of how many; null where nobody knows.</param>
    /// <param name="rate">Bytes a second.</param>
    public static MoveProgress Progress(string id, MovePhase phase, int number, long done, long? total, long? rate) =>
        new(id, phase, number, done, total, rate, rate is > 0 && total is { } all ? Math.Max(0, all - done) / rate : null);

    private ProblemException Full() => new(ProblemCode.NoSpace, $"The disk of {peer.Name} is full. Make room there and try again.");

    /// <summary>The words for rsync.</summary>
    internal IReadOnlyList<string> Arguments(string tree, string moveId) => Arguments(tree, moveId, UsualOptions, []);

    private IReadOnlyList<string> Arguments(string tree, string moveId, IReadOnlyList<string> options, IReadOnlyList<string> listed) =>
    [
        .. options,
        "--numeric-ids",

        // rsync(1): nanoseconds count, too; else what was made within the same second at both ends keeps the time it has, and a change of equal size is taken for none
        "--modify-window=-1",
        .. Checksums && !options.Contains("--checksum", StringComparer.Ordinal) ? ["--checksum"] : Array.Empty<string>(),

        // rsync counts in units of 1,024 bytes
        .. BytesPerSecond is { } rate ? [$"--bwlimit={Math.Clamp(rate / 1024, 1, 999_999_999).ToString(CultureInfo.InvariantCulture)}"] : Array.Empty<string>(),
        "--filter=-x trusted.*",
        .. listed,
        "--no-h",
        "--info=progress2,stats2",
        "--outbuf=L",
        "-e", RemoteShell(),
        "--",
        tree + "/",

        // an address of IPv6 has colons, so the host is named by ssh's own words and this name is for rsync only
        $"{peer.Name}:{IncomingName(moveId)}/",
    ];

    private static string IncomingName(string moveId) => Receiving.IncomingRequest.CheckId(moveId);

    // rsync cuts this at blanks, and appends "HOST WORD…": the host's name that it appends is told its address
    private string RemoteShell()
    {
        string[] words = ["ssh", .. new PeerSsh(paths, peer).Options(), "-o", $"HostName={peer.Address}"];
        return words.Any(w => w.AsSpan().ContainsAny(' ', '"', '\''))
            ? throw new ProblemException(ProblemCode.Unsupported, "A path of this host has a blank or a quotation mark, which rsync would take for the end of a word. Choose another prefix.")
            : string.Join(' ', words);
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
}

/// <summary>What a pass has done.</summary>
/// <param name="Entries">Entries of the tree, directories too.</param>
/// <param name="Bytes">Bytes of the tree's files.</param>
/// <param name="BytesSent">Bytes over the wire, from here to there.</param>
internal sealed record CopyTotals(long Entries = 0, long Bytes = 0, long BytesSent = 0)
{
    /// <summary>Whether all was read that did not vanish meanwhile.</summary>
    public bool IsComplete { get; init; } = true;

    public static CopyTotals operator +(CopyTotals one, CopyTotals other) =>
        new(one.Entries + other.Entries, one.Bytes + other.Bytes, one.BytesSent + other.BytesSent) { IsComplete = one.IsComplete && other.IsComplete };
}
