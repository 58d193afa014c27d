using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>Tests that start vservers for real: one after the other, for some of them count what the kernel holds of their prefix. Those of two hosts may run beside them, in a process of their own.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RealHost
{
    public const string Name = "real host";
}

/// <summary>A prefix whose trees lie on hardened storage, with tiny vservers of busybox. Everything is stopped and gone after it.</summary>
public sealed class TrialHost : IDisposable
{
    private readonly List<VServerName> _names = [];
    private readonly LoopImage? _image;

    /// <param name="fileSystem">ext4 or xfs in an image; null for a tmpfs.</param>
    /// <param name="megabytes">Of the image.</param>
    public TrialHost(string? fileSystem = null, int megabytes = 400)
    {
        Assert.SkipUnless(Environment.UserName == "root", "starting vservers needs root");
        Assert.SkipUnless(File.Exists("/bin/busybox"), "the vservers of the tests are made of busybox (apt-get install busybox-static)");
        Assert.SkipWhen(ChildProcess.Find("crun") is null || ChildProcess.Find("conmon") is null, "starting vservers needs crun and conmon");
        if (fileSystem is null)
        {
            Run("mount", "-t", "tmpfs", "-o", "nosuid,nodev,noexec,mode=700,size=1g", "trial", Prefix.Paths.VServers);
            return;
        }

        _image = LoopImage.Mount(fileSystem, Prefix.Paths.VServers, megabytes);
        Run("mount", "-o", "remount,nosuid,nodev,noexec", Prefix.Paths.VServers);
        Run("chmod", "700", Prefix.Paths.VServers);
    }

    internal PrivatePrefix Prefix { get; } = new();

    internal Native.Hosts.HostPaths Paths => Prefix.Paths;

    /// <summary>Makes a vserver; its init is busybox's, or none.</summary>
    internal VServerName Add(string name, string conf = "", bool hasInit = true, string? hook = null)
    {
        var parsed = VServerName.Parse(name);
        _names.Add(parsed);
        MakeRoot(Paths.TreeOf(parsed), hasInit);
        File.WriteAllText(Paths.ConfOf(parsed), conf);
        if (hook is not null)
        {
            File.WriteAllText(Paths.HookOf(parsed), "#!/bin/sh\n" + hook);
            File.SetUnixFileMode(Paths.HookOf(parsed), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return parsed;
    }

    /// <summary>Makes a vserver that is a copy of another, which shares nothing with it.</summary>
    internal VServerName Copy(VServerName from, string name, string conf = "")
    {
        var parsed = VServerName.Parse(name);
        _names.Add(parsed);
        Run("cp", "-a", "--reflink=never", Paths.TreeOf(from), Paths.TreeOf(parsed));
        File.WriteAllText(Paths.ConfOf(parsed), conf);
        return parsed;
    }

    /// <summary>A name that one of them may get: it is looked after as well.</summary>
    internal VServerName MayBeCalled(string name)
    {
        var parsed = VServerName.Parse(name);
        _names.Add(parsed);
        return parsed;
    }

    /// <summary>Runs <c>vserver ARGUMENTS</c>.</summary>
    internal CommandOutput VServer(params string[] arguments) => HostCommand.Run(Prefix, arguments);

    /// <summary>Runs <c>vserver ARGUMENTS</c> and wants exit code 0.</summary>
    internal string Expect(params string[] arguments)
    {
        var result = VServer(arguments);
        Assert.True(result.ExitCode == 0, $"vserver {string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    /// <summary>Runs a program of the host.</summary>
    internal static string Run(string program, params string[] arguments) => new ChildProcess { Program = program, Arguments = arguments }.Run();

    /// <summary>Waits until something is so.</summary>
    internal static void Eventually(Func<bool> condition, string what, int seconds = 20)
    {
        for (var deadline = Environment.TickCount64 + (seconds * 1000L); !condition();)
        {
            Assert.True(Environment.TickCount64 < deadline, $"not within {seconds} s: {what}");
            Thread.Sleep(20);
        }
    }

    public void Dispose()
    {
        foreach (var name in _names)
        {
            // as one who stops it, or the monitor's exit command would see to it too
            var store = new Native.Lifecycle.RunStateStore(Paths);
            if (store.Find(name) is { } state)
            {
                store.Save(name, state with { Stage = Native.Lifecycle.RunStage.Stopping, Owner = Native.Lifecycle.ProcessMark.Of(Environment.ProcessId) });
            }

            new Native.Lifecycle.Dismantling(Paths, name).EndProcesses();
            new Native.Lifecycle.Dismantling(Paths, name).Clear();
        }

        _ = Libc.umount2(Paths.VServers, Libc.MNT_DETACH);
        _image?.Dispose();
        Prefix.Dispose();
    }

    private static void MakeRoot(string root, bool hasInit)
    {
        foreach (var directory in (string[])["bin", "sbin", "etc/init.d", "dev", "proc", "sys", "tmp", "run", "root", "var", "mnt"])
        {
            Directory.CreateDirectory($"{root}/{directory}");
        }

        File.Copy("/bin/busybox", root + "/bin/busybox");
        foreach (var applet in (string[])["sh", "cat", "ls", "id", "ps", "sleep", "echo", "mkdir", "mknod", "kill", "reboot", "poweroff", "halt", "hostname", "dd", "touch", "test", "tty", "true", "false", "head", "grep", "seq", "mount", "dnsdomainname", "stty", "nice", "yes", "tail", "trap"])
        {
            File.CreateSymbolicLink($"{root}/bin/{applet}", "busybox");
        }

        File.WriteAllText(root + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001:Ann:/tmp:/bin/sh\n");
        File.WriteAllText(root + "/etc/group", "root:x:0:\nann:x:1001:\nstaff:x:50:bob,ann\n");
        if (hasInit)
        {
            File.CreateSymbolicLink(root + "/sbin/init", "../bin/busybox");
            File.WriteAllText(root + "/etc/inittab", "::sysinit:/bin/echo the init of this vserver says hello\n::respawn:/bin/sleep 100000\n");
        }
    }
}
