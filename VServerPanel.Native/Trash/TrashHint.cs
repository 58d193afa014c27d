using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;

namespace VServerPanel.Native.Trash;

/// <summary>Where room could come from when there is none.</summary>
internal static class TrashHint
{
    /// <summary>A sentence with a blank before it; empty where the trash is.</summary>
    public static string Of(HostPaths paths)
    {
        try
        {
            var store = new TrashStore(paths);
            var entries = store.List();
            var known = entries.Sum(e => store.SizeOf(e.Id) ?? 0);
            return entries.Count == 0
                ? ""
                : $" The trash holds {entries.Count} vserver{(entries.Count == 1 ? "" : "s")}{(known > 0 ? $" ({ByteSize.Format(known)} as last measured)" : "")}: 'vserver-trash list --measure' tells what purging each of them frees.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it cannot be looked at; the problem that is told matters more
            return "";
        }
    }
}
