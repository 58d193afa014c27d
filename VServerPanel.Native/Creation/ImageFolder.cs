using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Auditing;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>Opens image files: of the image folder for everyone, of anywhere for root. The panel is trusted with the folder only.</summary>
internal static class ImageFolder
{
    /// <summary>Opens what <paramref name="source"/> names: a path below the image folder, or an absolute path.</summary>
    /// <exception cref="ProblemException">InvalidArgument, NotFound, NotPermitted.</exception>
    public static SafeFileHandle Open(string source, Invocation call, int flags)
    {
        var folder = call.Paths.Images;
        var relative = source.StartsWith(folder + "/", StringComparison.Ordinal) ? source[(folder.Length + 1)..] : source;
        try
        {
            if (!relative.StartsWith('/'))
            {
                using var images = Libc.open(folder, Libc.O_RDONLY | Libc.O_DIRECTORY);

                // whoever may write into the folder must not make it lead elsewhere
                return Libc.openInRoot(images, relative, flags | Libc.O_NONBLOCK, 0, Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_MAGICLINKS | Libc.RESOLVE_NO_SYMLINKS);
            }

            return CallerActor.IsPanel(call.Actor)
                ? throw new ProblemException(ProblemCode.NotPermitted, $"From the panel, images are taken from '{folder}' only. Put '{Path.GetFileName(source)}' there and choose it.")
                : Libc.open(relative, flags | Libc.O_NONBLOCK);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ENOENT or ErrnoNames.ENOTDIR)
        {
            throw new ProblemException(ProblemCode.NotFound, $"There is no '{source}'{(relative.StartsWith('/') ? "" : $" in '{folder}'")}. Give a name in that folder{(CallerActor.IsPanel(call.Actor) ? "" : " or an absolute path")}; 'newvserver --list-sources' lists what there is.", e);
        }
        catch (ErrnoException e) when (e.Errno is ErrnoNames.ELOOP or ErrnoNames.EXDEV)
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"'{source}' leads out of '{folder}' or is a symlink. Put the image itself there.", e);
        }
    }
}
