using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Packages.Guests;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Rpm;

/// <summary>A guest's answer to <see cref="RpmQuery"/>, kept in <c>/var/lib/vservers/packages/rpm/NAME</c> as long as the database's files are as they were.</summary>
/// <remarks>A stopped vserver need not be started for each look at it then. What is kept is no more trusted than the guest itself, whose words it has.</remarks>
internal sealed class RpmListing(Invocation call, VServerName name, SafeFileHandle root)
{
    // files that hold packages; others beside them (locks, shared memory, write-ahead logs that are empty) change by every look
    private static readonly string[] s_files = ["rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages", "Packages.db"];

    // the first character of what is kept: whether it is believed of a database with the fingerprint that follows
    private const char Known = '!';
    private const char Unknown = '?';

    // clocks of file systems tick coarsely: a later change might show the same time
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    private string Directory => DirectoryOf(call.Paths);

    /// <summary>Opens what is kept; null where there is nothing, or it is no longer true.</summary>
    public RpmDatabase? TryOpenKept()
    {
        using var directory = System.IO.Directory.Exists(Directory) ? Libc.open(Directory, Libc.O_PATH | Libc.O_DIRECTORY) : null;
        using var lines = directory is null ? null : GuestLines.TryOpen(directory, name.Value, long.MaxValue);
        return lines is not null && lines.TryRead(out var first) && Encoding.UTF8.GetString(first) == Fingerprint(out _) ? new RpmDatabase(root, Directory, name.Value) : null;
    }

    /// <summary>Asks the guest, and opens its answer.</summary>
    public RpmDatabase Ask(GuestSession session, CancellationToken cancel)
    {
        System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RemoveOfGone();
        var temporary = $"{Directory}/.{name}.{Guid.NewGuid():n}";
        try
        {
            var before = Fingerprint(out var changedAt);
            string? fault;
            using (var file = new FileStream(temporary, FileMode.CreateNew))
            using (var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                // where it is not certain that this is what the answer is of, or that it is all of it, it is never found again
                writer.Write($"{Unknown}{before[1..]}\n");
                fault = RpmQuery.Run(session, withFiles: true, line => writer.Write(line + "\n"), cancel);
                writer.Flush();
                if (fault is null && call.Time.GetUtcNow() - changedAt > s_settled)
                {
                    file.Position = 0;
                    file.WriteByte((byte)Known);
                }
            }

            File.Move(temporary, $"{Directory}/{name}", overwrite: true);
            return new RpmDatabase(root, Directory, name.Value, fault);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static string DirectoryOf(HostPaths paths) => $"{paths.State}/packages/rpm";

    private string Fingerprint(out DateTimeOffset changedAt)
    {
        var text = new StringBuilder().Append(Known);
        changedAt = DateTimeOffset.MinValue;
        foreach (var path in PackageDatabases.RpmDirectories.SelectMany(d => s_files.Select(f => $"{d}/{f}")))
        {
            if (Stat(path) is { Size: > 0 } stat)
            {
                text.Append(CultureInfo.InvariantCulture, $" {path} {stat.Inode} {stat.Size} {stat.Change.Seconds}.{stat.Change.Nanoseconds}");
                var change = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(stat.Change.Seconds, 0, uint.MaxValue));
                changedAt = change > changedAt ? change : changedAt;
            }
        }

        return text.ToString();
    }

    private Libc.Statx? Stat(string path)
    {
        try
        {
            using var file = Libc.openInRoot(root, path, Libc.O_PATH);
            return Libc.fstatx(file);
        }
        catch (ErrnoException)
        {
            return null;
        }
    }

    private void RemoveOfGone()
    {
        foreach (var file in System.IO.Directory.EnumerateFiles(Directory).Select(f => Path.GetFileName(f)))
        {
            if (VServerName.TryParse(file, out var known) && !call.Registry.Exists(known))
            {
                File.Delete($"{Directory}/{file}");
            }
        }
    }
}
