using System.Text;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages.Guests;

/// <summary>What a guest has answered, kept in <c>/var/lib/vservers/packages/FOLDER/NAME</c> as long as the files that its answer comes from are as they were.</summary>
/// <remarks>A stopped vserver need not be started for each look at it then. What is kept is no more trusted than the guest itself, whose words it has. Its first line is ours.</remarks>
internal sealed class KeptAnswer(Invocation call, VServerName name, string folder, Func<FileStamps> stamps)
{
    // the first character of what is kept: whether it is believed of files with the stamps that follow
    private const char Known = '!';
    private const char Unknown = '?';

    // clocks of file systems tick coarsely: a later change might show the same time
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>Where it lies; there is none before the first answer.</summary>
    public string Directory { get; } = DirectoryOf(call.Paths, folder);

    /// <summary>Whether what is kept is still true.</summary>
    public bool IsTrue()
    {
        using var lines = Open();
        return lines is not null && lines.TryRead(out var first) && stamps() is { IsWhole: true } now && Encoding.UTF8.GetString(first) == $"{Known}{now.Digest}";
    }

    /// <summary>Its lines, the first too; null where there are none.</summary>
    public GuestLines? Open()
    {
        using var directory = System.IO.Directory.Exists(Directory) ? Libc.open(Directory, Libc.O_PATH | Libc.O_DIRECTORY) : null;
        return directory is null ? null : GuestLines.TryOpen(directory, name.Value, long.MaxValue);
    }

    /// <summary>Asks, and keeps the lines that are told.</summary>
    /// <param name="ask">Tells the lines, and answers whether they may be believed until the files change.</param>
    public void Ask(Func<Action<string>, bool> ask)
    {
        System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RemoveOfGone();
        var temporary = $"{Directory}/.{name}.{Guid.NewGuid():n}";
        try
        {
            var before = stamps();
            using (var file = new FileStream(temporary, FileMode.CreateNew))
            using (var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
            {
                // where it is not certain that this is what the answer is of, or that it is all of it, it is never found again
                writer.Write($"{Unknown}{before.Digest}\n");
                var isWhole = ask(line => writer.Write(line + "\n"));
                writer.Flush();
                if (isWhole && before.IsWhole && call.Time.GetUtcNow() - before.ChangedAt > s_settled)
                {
                    file.Position = 0;
                    file.WriteByte((byte)Known);
                }
            }

            File.Move(temporary, $"{Directory}/{name}", overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static string DirectoryOf(HostPaths paths, string folder) => $"{paths.State}/packages/{folder}";

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
