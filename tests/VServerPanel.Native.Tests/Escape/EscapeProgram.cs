using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Escape;

/// <summary>The program that tries to break out (Probes/*.c), what is planted for it, and what it reaches for.</summary>
internal static class EscapeProgram
{
    private static readonly Lazy<string> s_program = new(Compile);

    /// <summary>As the prober has it planted in <c>/escape</c>: limits that its last probes run into.</summary>
    public const string Conf = "MEMORY_LIMIT=256M\nPIDS_LIMIT=200\n";

    private static string Sources { get; } = Path.GetDirectoryName(Here()) + "/Probes";

    /// <summary>Puts the program, and device nodes such as an archive may bring, into a tree.</summary>
    public static void PlantIn(string tree, HostDisk disk)
    {
        Directory.CreateDirectory(tree + "/escape");
        File.Copy(s_program.Value, tree + "/bin/escape");
        TrialHost.Run("cp", "--no-dereference", "--preserve=mode", "--recursive", disk.Device, tree + "/escape/disk");
        TrialHost.Run("mknod", tree + "/escape/kmsg", "c", "1", "11");
        TrialHost.Run("chmod", "666", tree + "/escape/disk", tree + "/escape/kmsg");
    }

    /// <summary>Runs it where nothing protects.</summary>
    /// <param name="how">chroot or switch, see Probes/control.</param>
    /// <param name="tree">A tree that it is planted in.</param>
    /// <param name="marker">A file outside of it.</param>
    public static IReadOnlyList<Verdict> RunControl(string how, string tree, string marker)
    {
        var result = new ChildProcess { Program = Sources + "/control", Arguments = [how, tree, marker, "127.0.0.2"], TimeOut = TimeSpan.FromMinutes(2) }.Try();
        Assert.True(result.ExitCode == 0, $"the control run ended with exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
        return Verdict.Parse(result.Output);
    }

    /// <summary>Starts the process of the host that the probes reach for, in the calling thread's network.</summary>
    public static Victim StartVictim(string address)
    {
        var process = new ChildProcess { Program = s_program.Value, Arguments = ["victim", address] }.StartRedirected();
        return new Victim(process, process.StandardOutput.ReadLine() ?? throw new InvalidOperationException(process.StandardError.ReadToEnd()));
    }

    private static string Compile()
    {
        Assert.SkipWhen(ChildProcess.Find("gcc") is null, "the program that tries to break out is compiled by gcc");
        var directory = Directory.CreateTempSubdirectory("vs-escape-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);

        // at a fixed place, below 4 GB: it makes 32-bit system calls too
        TrialHost.Run("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-no-pie", "-o", directory + "/escape", .. Directory.GetFiles(Sources, "*.c")]);
        return directory + "/escape";
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

/// <summary>A process of the host.</summary>
/// <param name="process">It.</param>
/// <param name="words">What the probes are told of it: KEY=VALUE, apart by spaces.</param>
internal sealed class Victim(Process process, string words) : IDisposable
{
    public IReadOnlyList<string> Words => words.Split(' ');

    /// <summary>Lets it end, and wants it unharmed.</summary>
    public void AssertUnharmed()
    {
        Assert.False(process.HasExited, "the host's process was ended from inside");
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, "the host's process was written to from inside");
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }
}

/// <summary>A disk of the host: a loop device, as the machine's own may not be one that root can open.</summary>
internal sealed class HostDisk : IDisposable
{
    private readonly string _image = $"/var/tmp/vs-disk-{Guid.NewGuid():n}";

    public HostDisk()
    {
        File.WriteAllText(_image, "a disk of the host\n");
        using (var file = File.OpenWrite(_image))
        {
            file.SetLength(1 << 20);
        }

        var result = new ChildProcess { Program = "losetup", Arguments = ["--find", "--show", _image] }.Try();
        Device = result.Output.Trim();
        if (result.ExitCode != 0)
        {
            File.Delete(_image);
            Assert.Skip(string.Create(CultureInfo.InvariantCulture, $"there is no loop device for a disk of the host: {result.Error.Trim()}"));
        }
    }

    public string Device { get; }

    public void Dispose()
    {
        TrialHost.Run("losetup", "--detach", Device);
        File.Delete(_image);
    }
}
