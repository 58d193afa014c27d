using System.Diagnostics;
using System.Runtime.CompilerServices;
using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>What is built from C for these tests: probe.c, and the BPF object of this source tree.</summary>
internal static class ProbeProgram
{
    private static readonly Lazy<string> s_directory = new(Build);

    public static string Path => s_directory.Value + "/probe";

    /// <summary>ipv4root.bpf.o as it is in the source now.</summary>
    public static string BpfObject => s_directory.Value + "/ipv4root.bpf.o";

    /// <summary>Directory of all objects of the source tree.</summary>
    public static string Objects => s_directory.Value;

    public static string Sources { get; } = System.IO.Path.GetFullPath("../../../kernel-patches", Here());

    /// <summary>Compiles and runs a C program, and returns its output.</summary>
    public static string RunC(string source)
    {
        var path = System.IO.Path.Combine(s_directory.Value, Guid.NewGuid().ToString("n"));
        new ChildProcess { Program = "gcc", Arguments = ["-x", "c", "-Wall", "-I", Sources, "-o", path, "-"], StandardInput = source }.Run();
        return new ChildProcess { Program = path, Arguments = [] }.Run();
    }

    private static string Build()
    {
        Assert.SkipWhen(ChildProcess.Find("gcc") is null || ChildProcess.Find("clang") is null, "these tests need gcc and clang (apt-get install gcc libc6-dev clang llvm libbpf-dev)");
        var directory = Directory.CreateTempSubdirectory("vs-kernel-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        new ChildProcess { Program = "gcc", Arguments = ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", directory + "/probe", Here() + "/probe.c"] }.Run();
        new ChildProcess { Program = "make", Arguments = ["-s", "-C", Sources, "OUT=" + directory] }.Run();
        return directory;
    }

    private static string Here([CallerFilePath] string here = "") => System.IO.Path.GetDirectoryName(here)!;
}

/// <summary>A probe that goes on, as a server does.</summary>
internal sealed class RunningProbe(Process process) : IDisposable
{
    private bool _hasEnded;

    /// <summary>The next line it prints; null when it has ended.</summary>
    public string? ReadLine() => process.StandardOutput.ReadLine();

    public void Dispose()
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
