using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary><c>vserver-context SETUP COMMAND…</c>: in the new namespaces; process 1 of a new context, or what becomes the command.</summary>
internal sealed class ContextTool : Tool
{
    public const string ToolName = "vserver-context";

    /// <summary>Said on the report pipe when the command runs; what follows is its exit code.</summary>
    public const int Started = -1;

    // a personal box's number: by its namespace, and above those that contexts of root have
    private const long FirstNamespace = 0xF000_0000;

    public override string Name => ToolName;

    public override bool NeedsRoot => false;

    public override bool PassesThrough => true;

    public override bool IsInternal => true;

    public override string Summary => "called by chcontext in the namespaces of a context; not for people";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is not [var json, _, ..] || JsonSerializer.Deserialize(json, ContextSetupJson.Default.ContextSetup) is not { } setup)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"Usage: {ToolName} SETUP COMMAND…");
        }

        string[] command = [.. arguments.Skip(1)];
        if (setup.ReportFd >= 0)
        {
            ErrnoException.ThrowIfFailed(Libc.fcntl(setup.ReportFd, Libc.F_SETFD, Libc.FD_CLOEXEC), "fcntl");
        }

        if (setup.HasOwnProc)
        {
            var number = setup.Number ?? PersonalNumber();
            setup = setup with { Number = number, StatusLines = setup.StatusLines.Count > 0 ? setup.StatusLines : StatusLines.Of(number, null) };
            ErrnoException.ThrowIfFailed(Libc.mount("none", "/", null, Libc.MS_REC | Libc.MS_SLAVE, null), "mount(MS_SLAVE)", "/");
            ErrnoException.ThrowIfFailed(Libc.mount("proc", "/proc", "proc", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, null), "mount", "/proc");
        }

        if (!setup.IsInit)
        {
            return ContextProcess.Become(setup, command, hasOwnMounts: setup.HasOwnProc || setup.Number is null);
        }

        ContextProcess.SetNames(setup);
        ContextProcess.Say(setup, string.Create(CultureInfo.InvariantCulture, $"New security context is {setup.Number}"));
        return Reap(setup, command);
    }

    /// <summary>Process 1: stays until the last process of the context has ended.</summary>
    private static int Reap(ContextSetup setup, string[] command)
    {
        // what is said and named is done; the child sets the rest of itself and becomes the command
        var rest = setup with { IsInit = false, HasOwnProc = false, IsSilent = true, Hostname = null, DomainName = null, ReportFd = -1 };
        var json = JsonSerializer.Serialize(rest, ContextSetupJson.Default.ContextSetup);
        using var signals = new ForwardedSignals();
        var child = ContextProcess.Spawn(["/proc/self/exe", "--as", ToolName, json, .. command], null);
        signals.To(number => _ = Libc.kill(child, number));
        Report(setup, Started);
        if (setup.IsDisconnected)
        {
            CloseStreams();
        }

        var code = ExitCodes.Failure;
        while (true)
        {
            var pid = Libc.waitpid(-1, out var status, 0);
            if (pid == child)
            {
                code = ContextProcess.ExitCodeOf(status);
                var others = Libc.waitpid(-1, out _, Libc.WNOHANG);
                if (others < 0)
                {
                    // it was the last one: the context ends with us, and who waits has our exit code
                    return code;
                }

                Report(setup, code);
                CloseStreams();
            }
            else if (pid < 0 && Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                // ECHILD: nobody is left
                return code;
            }
        }
    }

    private static unsafe void Report(ContextSetup setup, int word)
    {
        if (setup.ReportFd >= 0)
        {
            _ = Libc.write(setup.ReportFd, (byte*)&word, sizeof(int));
        }
    }

    // Who reads what the command wrote must see its end, whatever runs on in the background. The runtime's console has copies of the descriptors.
    private static void CloseStreams()
    {
        using var nothing = Libc.open("/dev/null", Libc.O_RDWR);
        var all = Directory.EnumerateFiles("/proc/self/fd").Select(f => (Fd: int.Parse(Path.GetFileName(f), CultureInfo.InvariantCulture), Target: new FileInfo(f).LinkTarget)).ToList();
        var streams = all.Where(f => f.Fd < 3).Select(f => f.Target).ToHashSet(StringComparer.Ordinal);
        foreach (var (fd, _) in all.Where(f => f.Target is not null && streams.Contains(f.Target)))
        {
            _ = Libc.dup2((int)nothing.DangerousGetHandle(), fd);
        }
    }

    // namespaces(7): pid:[4026532345]
    private static int PersonalNumber()
    {
        var link = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
        return long.TryParse(link.AsSpan(link.IndexOf('[') + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            ? (int)(ChcontextOptions.LastContext + 1 + (inode - FirstNamespace))
            : ChcontextOptions.LastContext + 1;
    }
}
