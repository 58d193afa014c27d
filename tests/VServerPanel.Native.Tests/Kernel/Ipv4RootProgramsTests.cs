using VServerPanel.Native.Kernel;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>The programs' life in the kernel.</summary>
public sealed class Ipv4RootProgramsTests : IDisposable
{
    private readonly TiedHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void LoadAndTry_NewerObject_ReplacesThePrograms()
    {
        _host.Add("alpha", "IPROOT=10.77.0.2\n");
        var before = Links();
        Assert.NotEmpty(before);
        var newer = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(newer, [.. File.ReadAllBytes(ProbeProgram.BpfObject), 0]);
            var programs = new Ipv4RootPrograms(_host.Paths, newer);
            var mark = programs.LoadedMark;
            _host.Do(() =>
            {
                programs.LoadAndTry();
                return true;
            });
            Assert.NotEqual(mark, programs.LoadedMark);

            // the same links, behind which other programs are; and the entries are there still
            Assert.Equal(before, Links());
            Assert.Equal("EADDRNOTAVAIL bind", _host.Probe("alpha", "bind", "tcp", "10.77.0.1", "81"));
        }
        finally
        {
            File.Delete(newer);
        }
    }

    [Fact]
    public void LoadAndTry_ProgramsThatDoNotAct_IsAProblem()
    {
        _host.Add("alpha", "IPROOT=10.77.0.2\n");
        File.Delete(_host.Root.Programs.PinsDirectory + "/link_bind4");

        // the kernel lets go of the link a moment after its last name
        for (var tries = 0; tries < 200 && _host.Probe("alpha", "bind", "tcp", "10.77.0.1", "8081") != "ok 10.77.0.1"; tries++)
        {
            Thread.Sleep(20);
        }

        var problem = Assert.Throws<ProblemException>(() => _host.Do(() =>
        {
            _host.Root.Programs.LoadAndTry();
            return true;
        }));
        Assert.Equal(ProblemCode.Unsupported, problem.Code);
        Assert.Contains("any 0", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(_host.Do(_host.Root.WhyNot));
    }

    [Fact]
    public void Apply_NoObject_SaysWhyNot()
    {
        var root = new Ipv4Root(_host.Paths, "/nonexistent/ipv4root.bpf.o");
        Assert.Contains("/nonexistent/ipv4root.bpf.o", root.Apply(VServerName.Parse("alpha"), TiedHost.Conf("IPROOT=10.77.0.2\n"), Environment.ProcessId, 2), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadAndTry_PinsOfATrialThatIsGone_AreRemoved()
    {
        var forgotten = BpfFileSystem.MountPoint + "/vservers-00test00";
        Directory.CreateDirectory(forgotten + "/deep");
        _host.Root.Programs.Unload();
        Assert.Null(_host.Do(_host.Root.WhyNot));
        Assert.False(Directory.Exists(forgotten));
    }

    [Fact]
    public void Unload_Always_LeavesNoPin()
    {
        _host.Root.Programs.Unload();
        Assert.False(Directory.Exists(_host.Root.Programs.PinsDirectory));
        Assert.Empty(Links());
        Assert.Null(_host.Do(_host.Root.WhyNot));
    }

    // "12: cgroup  prog 345  …  cgroup_id 678 …": id and cgroup of each link on our cgroup
    private List<string> Links()
    {
        var pins = _host.Root.Programs.PinsDirectory;
        return !Directory.Exists(pins) ? [] : [.. Directory.EnumerateFiles(pins, "link_*").Order(StringComparer.Ordinal).Select(p => $"{p} {LinkId(p)}")];
    }

    private static string LinkId(string pin)
    {
        using var link = Interop.Libbpf.GetPinned(pin)!;
        return File.ReadLines($"/proc/self/fdinfo/{(int)link.DangerousGetHandle()}").First(l => l.StartsWith("link_id:", StringComparison.Ordinal));
    }
}
