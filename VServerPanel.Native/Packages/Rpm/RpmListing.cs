using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>A guest's answer to <see cref="RpmQuery"/>, kept as long as the database's files are as they were.</summary>
internal sealed class RpmListing
{
    // files that hold packages; others beside them (locks, shared memory, write-ahead logs that are empty) change by every look
    private static readonly string[] s_files = ["rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages", "Packages.db"];

    private readonly VServerName _name;
    private readonly SafeFileHandle _root;
    private readonly KeptAnswer _kept;

    public RpmListing(Invocation call, VServerName name, SafeFileHandle root) =>
        (_name, _root, _kept) = (name, root, new KeptAnswer(call, name, "rpm", () => AddDatabase(new FileStamps(root))));

    /// <summary>Adds the files of the database.</summary>
    public static FileStamps AddDatabase(FileStamps stamps)
    {
        foreach (var path in PackageDatabases.RpmDirectories.SelectMany(d => s_files.Select(f => $"{d}/{f}")))
        {
            stamps.Add(path);
        }

        return stamps;
    }

    /// <summary>Opens what is kept; null where there is nothing, or it is no longer true.</summary>
    public RpmDatabase? TryOpenKept() => _kept.IsTrue() ? Open() : null;

    /// <summary>Asks the guest, and opens its answer.</summary>
    public RpmDatabase Ask(GuestSession session, CancellationToken cancel)
    {
        string? fault = null;
        _kept.Ask(tell => (fault = RpmQuery.Run(session, withFiles: true, tell, cancel)) is null);
        return Open(fault);
    }

    private RpmDatabase Open(string? fault = null) => new(_root, _kept.Directory, _name.Value, fault);
}
