using System.Text.Json.Serialization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>One thing to do when an operation is rolled back (or, after its point of no return, finished). It is written down before the
/// step that it belongs to, so it must do nothing where the step was never reached, and may run twice.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(RemoveFile), "remove-file")]
[JsonDerivedType(typeof(RemoveTree), "remove-tree")]
[JsonDerivedType(typeof(MoveBack), "move")]
[JsonDerivedType(typeof(Trash.MoveAllBack), "move-all")]
[JsonDerivedType(typeof(Trash.PurgeTrash), "purge-trash")]
[JsonDerivedType(typeof(RestoreContent), "restore-content")]
[JsonDerivedType(typeof(Creation.RemoveTreeIfSame), "remove-tree-if-same")]
[JsonDerivedType(typeof(Creation.RemoveAll), "remove-all")]
[JsonDerivedType(typeof(Lifecycle.EndProcesses), "end-processes")]
[JsonDerivedType(typeof(Lifecycle.RunHook), "run-hook")]
[JsonDerivedType(typeof(Lifecycle.ClearRun), "clear-run")]
[JsonDerivedType(typeof(Unification.ClearStaging), "clear-unification-staging")]
[JsonDerivedType(typeof(Unification.FreezeShared), "freeze-shared")]
[JsonDerivedType(typeof(Network.ReapplyAddresses), "reapply-addresses")]
[JsonDerivedType(typeof(Shares.FitShare), "fit-share")]
[JsonDerivedType(typeof(Packages.Guests.ClearGuest), "clear-guest")]
[JsonDerivedType(typeof(Renaming.RenameInStates), "rename-in-states")]
[JsonDerivedType(typeof(Renaming.CopyRegistryEntry), "copy-registry-entry")]
[JsonDerivedType(typeof(Renaming.TakeName), "take-name")]
[JsonDerivedType(typeof(Readdressing.RestoreGuestFile), "restore-guest-file")]
[JsonDerivedType(typeof(Readdressing.ReapplyHostname), "reapply-hostname")]
[JsonDerivedType(typeof(Moving.Sending.UndoHandOver), "undo-hand-over")]
[JsonDerivedType(typeof(Moving.Sending.PutBackMoved), "put-back-moved")]
[JsonDerivedType(typeof(Moving.Sending.PurgeMoved), "purge-moved")]
[JsonDerivedType(typeof(Moving.Receiving.FinishArrival), "finish-arrival")]
[JsonDerivedType(typeof(Standby.Receiving.FinishCopy), "finish-copy")]
[JsonDerivedType(typeof(Standby.FinishPromotion), "finish-promotion")]
internal abstract record UndoAction
{
    /// <summary>Whether it is done also where one before it failed: it protects others, and needs nothing that is undone before it.</summary>
    [JsonIgnore]
    public virtual bool IsSafeguard => false;

    public abstract void Run(HostPaths paths);
}

/// <summary>Removes a file that the step made.</summary>
internal sealed record RemoveFile(string Path) : UndoAction
{
    public override void Run(HostPaths paths) => File.Delete(Path);
}

/// <summary>Removes a tree that the step made, never following symlinks.</summary>
internal sealed record RemoveTree(string Path) : UndoAction
{
    public override void Run(HostPaths paths) => TreeRemoval.Remove(Path);
}

/// <summary>Renames something back, if it was moved and its old place is free.</summary>
internal sealed record MoveBack(string From, string To) : UndoAction
{
    public override void Run(HostPaths paths)
    {
        if (Libc.TryStatx(null, From, out _) && !Libc.TryStatx(null, To, out _))
        {
            ErrnoException.ThrowIfFailed(Libc.renameat2(Libc.AT_FDCWD, From, Libc.AT_FDCWD, To, Libc.RENAME_NOREPLACE), "renameat2", From);
            DurableFile.SyncDirectory(System.IO.Path.GetDirectoryName(To)!);
        }
    }
}

/// <summary>Puts a small file's content back.</summary>
internal sealed record RestoreContent(string Path, byte[] Content) : UndoAction
{
    public override void Run(HostPaths paths) => DurableFile.Write(Path, Content, 0b110_100_100);
}

/// <summary>One line of an undo log.</summary>
internal sealed record UndoLine
{
    /// <summary>First line: whose log this is.</summary>
    public UndoOwner? Owner { get; init; }

    public UndoAction? Undo { get; init; }

    /// <summary>From here on the operation is finished by these, not rolled back.</summary>
    public IReadOnlyList<UndoAction>? Finish { get; init; }

    /// <summary>How many of those have been done.</summary>
    public int? Finished { get; init; }

    /// <summary>How many have been undone, from the last one on; told only where one failed.</summary>
    public int? Undone { get; init; }

    /// <summary>What stands above is done for good.</summary>
    public bool? Continues { get; init; }
}

/// <summary>The operation an undo log belongs to.</summary>
internal sealed record UndoOwner(string OperationId, string Operation, VServerName? VServer, Actor Actor, IReadOnlyList<string> Command, DateTimeOffset StartedAt, int ProcessId, long ProcessStart, string BootId)
{
    /// <summary>The name that the vserver gets by it; null where it keeps its own.</summary>
    public VServerName? NewName { get; init; }

    /// <summary>Others that it changes, too; null where there are none.</summary>
    public IReadOnlyList<VServerName>? Others { get; init; }

    /// <summary>All that it changes, by the names before and afterwards.</summary>
    [JsonIgnore]
    public IEnumerable<VServerName> Names => ((VServerName?[])[VServer, NewName]).OfType<VServerName>().Concat(Others ?? []);

    /// <summary>Whether it has to be over before anything else is done with this one; null: whether it concerns none.</summary>
    public bool Concerns(VServerName? name) => name is { } known ? Names.Contains(known) : VServer is null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UndoLine))]
internal sealed partial class UndoJson : JsonSerializerContext;
