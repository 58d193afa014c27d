using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Operations;

/// <summary>Cancelled, and some of what had been done by then stays: the message says what.</summary>
internal sealed class CancelledPartlyException(string message) : OperationCanceledException(message);

/// <summary>A failure that its user can be told: a code, and a sentence that says what to do.</summary>
internal sealed class ProblemException(ProblemCode code, string message, Exception? cause = null, string? path = null, int? exitCode = null) : Exception(message, cause)
{
    public ProblemCode Code { get; } = code;

    public string? Path { get; } = path ?? (cause as ErrnoException)?.Path;

    /// <summary>The exit code, where the classics have one of their own.</summary>
    public int? ExitCode { get; } = exitCode;

    public ProblemEvent ToEvent() => new(Code, Message, InnerException is ErrnoException e ? ErrnoNames.NameOf(e.Errno) : null, Path);

    public static ProblemException NoSuchVServer(VServerName name) => new(ProblemCode.NotFound, $"No vserver is called {name}. 'vserver-stat' lists those there are.", exitCode: Commands.ExitCodes.NoSuchVServer);

    /// <summary>Turns any exception into the problem that is reported.</summary>
    public static ProblemEvent ToEvent(Exception exception) => exception switch
    {
        ProblemException p => p.ToEvent(),
        ErrnoException e => new(ErrnoNames.ProblemOf(e.Errno), Explain(e), ErrnoNames.NameOf(e.Errno), e.Path),
        CancelledPartlyException c => new(ProblemCode.Cancelled, c.Message),
        OperationCanceledException => new(ProblemCode.Cancelled, "It was cancelled, and what had been done is undone."),
        UnauthorizedAccessException u => new(ProblemCode.NotPermitted, u.Message),
        // HResult of an IOException on Unix is the errno (dotnet/runtime, Interop.GetExceptionForIoErrno)
        IOException { HResult: ErrnoNames.ENOSPC } io => new(ProblemCode.NoSpace, $"The disk is full: {io.Message}", "ENOSPC"),
        IOException io => new(ProblemCode.InputOutput, io.Message),
        FormatException f => new(ProblemCode.InvalidArgument, f.Message),
        _ => new(ProblemCode.Internal, $"This is a fault of VServerPanel: {exception}"),
    };

    private static string Explain(ErrnoException e) => e.Errno switch
    {
        ErrnoNames.ENOSPC or ErrnoNames.EDQUOT => $"The disk is full: {e.Message}. Make room and try again.{Trash.TrashHint.Of(Hosts.HostPaths.FromEnvironment())}",
        ErrnoNames.EACCES or ErrnoNames.EPERM when Libc.geteuid() != 0 => $"{e.Message}. Run it as root.",
        _ => e.Message,
    };
}
