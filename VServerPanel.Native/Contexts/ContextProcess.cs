using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>Starts the process that becomes a command in new namespaces, and waits for the command.</summary>
internal static class ContextProcess
{
    private const int ReportFd = 3;

    /// <summary>Becomes the command in this process.</summary>
    /// <returns>Only where that failed: the exit code.</returns>
    public static int Become(ContextSetup setup, IReadOnlyList<string> command, bool hasOwnMounts)
    {
        SetNames(setup);
        if (!setup.IsSilent && setup.Number is { } number)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"New security context is {number}"));
        }

        return CommandExec.Run(setup, command, hasOwnMounts);
    }

    /// <summary>Starts it in namespaces that <paramref name="enter"/> makes or joins, and waits for the command.</summary>
    /// <param name="setup">What it sets.</param>
    /// <param name="options">The command, and whether it is process 1.</param>
    /// <param name="enter">Called on the thread that starts it.</param>
    /// <param name="started">Called when it is there.</param>
    /// <returns>The command's exit code.</returns>
    public static int Start(ContextSetup setup, ChcontextOptions options, Action enter, Action started) => PrivateMounts.OnOwnThread(() =>
    {
        enter();
        return Run(setup, options, [], started);
    });

    /// <summary>Starts it in a user namespace, for who is not root.</summary>
    /// <remarks>A process with threads cannot make one (unshare(2), EINVAL), so unshare(1) does it.</remarks>
    public static int StartPersonal(ContextSetup setup, ChcontextOptions options)
    {
        string[] through = [ChildProcess.Require("unshare", "util-linux"), "--user", "--map-current-user", "--keep-caps", "--pid", "--fork", "--mount", "--uts", "--ipc", "--"];
        if (WhyNoUserNamespace() is { } whyNot)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"Can't set the new security context: {whyNot}");
        }

        return Run(setup, options, through, () => { });
    }

    /// <summary>Sets host and domain name, and says so.</summary>
    public static void SetNames(ContextSetup setup)
    {
        if (setup.Hostname is { } host)
        {
            ErrnoException.ThrowIfFailed(Libc.sethostname(host, (nuint)host.Length), "sethostname");
            Say(setup, $"Host name is now {host}");
        }

        if (setup.DomainName is { } domain)
        {
            // the kernel's own word for none (init/version.c, UTS_DOMAINNAME)
            var name = domain.Length == 0 ? "(none)" : domain;
            ErrnoException.ThrowIfFailed(Libc.setdomainname(name, (nuint)name.Length), "setdomainname");
            Say(setup, $"Domain name is now {domain}");
        }
    }

    public static void Say(ContextSetup setup, string text)
    {
        if (!setup.IsSilent)
        {
            Console.Out.WriteLine(text);
            Console.Out.Flush();
        }
    }

    private static int Run(ContextSetup setup, ChcontextOptions options, string[] through, Action started)
    {
        using var signals = new ForwardedSignals();

        // the command itself is process 1 then
        var isInit = setup.IsInit && !options.Flags.HasFlag(VServerFlags.FakeInit);
        var (read, write) = Libc.Pipe();
        using var readEnd = read;
        int pid;
        using (write)
        {
            var json = JsonSerializer.Serialize(setup with { IsInit = isInit, ReportFd = ReportFd }, ContextSetupJson.Default.ContextSetup);
            pid = Spawn([.. through, Environment.ProcessPath ?? "/usr/sbin/vserver", "--as", ContextTool.ToolName, json, .. options.Command], write);
        }

        started();
        var isStarted = ReadReport(readEnd) is ContextTool.Started;
        using var process = Libc.OpenProcess(through.Length > 0 ? ChildOf(pid) : pid);
        if (process is not null)
        {
            signals.To(number => Libc.Signal(process, number));
        }

        if (setup.IsDisconnected && (isStarted || !isInit))
        {
            return 0;
        }

        // what it left in the background keeps its process 1; we go when the command has ended
        return isStarted && ReadReport(readEnd) is { } code ? code : Wait(pid);
    }

    // unshare(1) waits for it and lets no signal through. proc(5), /proc/pid/task/tid/children: 4711 4712
    private static int ChildOf(int pid)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{pid}/children");
        return File.Exists(path) && int.TryParse(File.ReadAllText(path).Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : pid;
    }

    private static int? ReadReport(SafeFileHandle pipe)
    {
        Span<byte> word = stackalloc byte[4];
        using var handle = new SafeFileHandle(pipe.DangerousGetHandle(), ownsHandle: false);
        Libc.WaitReadable(handle, Timeout.InfiniteTimeSpan);
        unsafe
        {
            fixed (byte* start = word)
            {
                return Libc.read((int)handle.DangerousGetHandle(), start, 4) == 4 ? BitConverter.ToInt32(word) : null;
            }
        }
    }

    private static int Wait(int pid)
    {
        int status;
        while (Libc.waitpid(pid, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrnoNames.EINTR)
            {
                return Commands.ExitCodes.Failure;
            }
        }

        return ExitCodeOf(status);
    }

    /// <summary>wait(2): the low seven bits are the signal, the next byte the exit code.</summary>
    public static int ExitCodeOf(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

    /// <summary>Starts a program with our streams, variables and working directory.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="report">Becomes its descriptor 3; null: it gets none.</param>
    public static unsafe int Spawn(IReadOnlyList<string> words, SafeFileHandle? report)
    {
        using var arguments = new Libc.CStrings(words);
        var actions = default(Libc.SpawnRoom);
        var attributes = default(Libc.SpawnRoom);
        _ = Libc.posix_spawn_file_actions_init(ref actions);
        _ = Libc.posix_spawnattr_init(ref attributes);
        try
        {
            if (report is not null)
            {
                Check(Libc.posix_spawn_file_actions_adddup2(ref actions, (int)report.DangerousGetHandle(), ReportFd), words[0]);
            }

            // the runtime ignores SIGPIPE, and ignored signals stay ignored through exec (signal(7))
            var defaults = new Libc.SignalSet { First = 1ul << (Libc.SIGPIPE - 1) };
            var mask = default(Libc.SignalSet);
            Check(Libc.posix_spawnattr_setsigdefault(ref attributes, ref defaults), words[0]);
            Check(Libc.posix_spawnattr_setsigmask(ref attributes, ref mask), words[0]);
            Check(Libc.posix_spawnattr_setflags(ref attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK), words[0]);
            Check(Libc.posix_spawnp(out var pid, words[0], ref actions, ref attributes, arguments.Pointer, Libc.Environ()), words[0]);
            return pid;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(ref actions);
            _ = Libc.posix_spawnattr_destroy(ref attributes);
        }
    }

    private static void Check(int error, string path)
    {
        if (error != 0)
        {
            throw new ErrnoException(error, "posix_spawn", path);
        }
    }

    // user_namespaces(7); Debian and Ubuntu have a switch of their own each
    private static string? WhyNoUserNamespace()
    {
        foreach (var (file, refusing) in ((string, string)[])[("/proc/sys/kernel/unprivileged_userns_clone", "0"), ("/proc/sys/user/max_user_namespaces", "0"), ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")])
        {
            if (File.Exists(file) && File.ReadAllText(file).Trim() == refusing)
            {
                return $"this host allows its users no namespaces of their own ({file} is {refusing}). Its administrator can change that.";
            }
        }

        return null;
    }
}
