using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Packages;

/// <summary>Packages on the host that are installed in vservers: <c>vapt ALL -- install ./tool.deb</c>.</summary>
internal sealed class PackageFiles : IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _files = new(StringComparer.Ordinal);

    /// <summary>Their paths, as they stand among the arguments.</summary>
    public IReadOnlyDictionary<string, SafeFileHandle> All => _files;

    /// <summary>The arguments with files of this host by their absolute paths. What looks like one and is not here is a path in the guest, and stays.</summary>
    public static IReadOnlyList<string> Locate(Invocation call, string extension, IReadOnlyList<string> arguments) => [.. arguments.Select(a => Locate(call, extension, a) ?? a)];

    /// <summary>Opens all that are among the arguments.</summary>
    /// <exception cref="ProblemException">NotFound, NotPermitted: the panel may name files of the image folder only.</exception>
    public static PackageFiles Open(Invocation call, string extension, IReadOnlyList<string> arguments)
    {
        var files = new PackageFiles();
        try
        {
            foreach (var argument in arguments.Where(a => a.StartsWith('/') && a.EndsWith(extension, StringComparison.Ordinal) && (CallerActor.IsPanel(call.Actor) || File.Exists(a))))
            {
                var file = ImageFolder.Open(argument, call, Libc.O_RDONLY);
                if ((Libc.fstatx(file).Mode & Libc.S_IFMT) != Libc.S_IFREG || !files._files.TryAdd(argument, file))
                {
                    file.Dispose();
                }
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    private static string? Locate(Invocation call, string extension, string argument)
    {
        if (argument.StartsWith('-') || !argument.EndsWith(extension, StringComparison.Ordinal))
        {
            return null;
        }

        // the panel has no directory of its own, and its words are never looked up in one
        var here = CallerActor.IsPanel(call.Actor) ? null : Path.GetFullPath(argument);
        if (here is not null && File.Exists(here))
        {
            return call.Options.Detach && !argument.StartsWith('/')
                ? throw new ProblemException(ProblemCode.InvalidArgument, $"A job has another working directory than you: name the file by '{here}'.")
                : here;
        }

        var image = argument.StartsWith('/') ? argument : $"{call.Paths.Images}/{argument}";
        return CallerActor.IsPanel(call.Actor) || File.Exists(image) ? image : null;
    }
}
