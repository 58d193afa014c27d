using System.Globalization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Limits;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Shares;

/// <summary>Which processes of a vserver keep a mount from being unmounted: by their working directory, their root or an open file.</summary>
internal static class MountUsers
{
    private const int MostNamed = 3;

    /// <summary>For a sentence: <c> (by sh, pid 4711)</c>; empty where none was found, as where a file is only mapped.</summary>
    public static string Describe(HostPaths paths, VServerName name, ulong mount)
    {
        var users = CgroupTree.Detect().Processes(paths.CgroupOf(name)).Where(pid => Uses(pid, mount)).ToList();
        return users.Count == 0
            ? ""
            : $" (by {string.Join(", ", users.Take(MostNamed).Select(Name))}{(users.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {users.Count - MostNamed} more") : "")})";
    }

    private static bool Uses(int pid, ulong mount)
    {
        try
        {
            // proc(5), fdinfo: mnt_id: 42
            var wanted = string.Create(CultureInfo.InvariantCulture, $"mnt_id:\t{mount}");
            return IsOn(FileOf(pid, "cwd"), mount)
                || IsOn(FileOf(pid, "root"), mount)
                || Directory.EnumerateFiles(FileOf(pid, "fdinfo")).Any(f => File.ReadLines(f).Contains(wanted, StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // ended, or closed it, meanwhile
            return false;
        }
    }

    private static bool IsOn(string link, ulong mount) => Libc.TryStatx(null, link, out var stat, flags: 0) && stat.MountId == mount;

    private static string Name(int pid)
    {
        try
        {
            return string.Create(CultureInfo.InvariantCulture, $"{ReporterExtensions.Printable(File.ReadAllText(FileOf(pid, "comm")).TrimEnd('\n'))}, pid {pid}");
        }
        catch (IOException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"pid {pid}");
        }
    }

    private static string FileOf(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}");
}
