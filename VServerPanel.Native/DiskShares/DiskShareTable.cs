using System.Globalization;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.DiskShares;

/// <summary>What <c>vdu</c> says to people.</summary>
internal static class DiskShareTable
{
    private const string Header = "NAME                FILES APPARENT      OWN     FAIR   SHARED    DRIFT";

    public static IEnumerable<string> Lines(IReadOnlyList<DiskShare> shares, DiskSummary disk)
    {
        yield return Header;
        foreach (var share in shares)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{share.VServer,-16} {share.Files,8} {Size(share.ApparentBytes)} {Size(share.OwnBytes)} {Size(share.FairBytes)} {Size(share.SharedBytes)} {(share.DriftBytes is { } drift ? Size(drift) : "       -")}");
        }

        yield return $"Sharing saves {ByteSize.Format(disk.BytesSaved)}. {disk.MountPoint} ({disk.FileSystem}) has {ByteSize.Format(disk.BytesFree)} free of {ByteSize.Format(disk.BytesTotal)}. {disk.MethodReason}{(disk.BytesInTrash is > 0 and var trash ? $" Emptying the trash would free {ByteSize.Format(trash)}." : "")}";
    }

    private static string Size(long bytes) => StatusTable.Size(bytes).PadLeft(8);
}
