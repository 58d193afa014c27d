using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Creation;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>Builds from every source that needs no network, in this process.</summary>
public sealed class BuildTests : IDisposable
{
    private static readonly VServerName s_web = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();

    private string Tree => _prefix.Paths.TreeOf(s_web);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Build_Skeleton_HasTreeConfAndRegistryEntry()
    {
        Build("--method", "skeleton", "--desc", "The shop's", "--hostname", "web.example.org", "--memory", "64M", "--pids", "100", "--cpus", "0.5", "--onboot", "--set", "S_NICE=5");
        Assert.True(Directory.Exists(Tree + "/usr/bin"));
        Assert.Equal("web.example.org\n", File.ReadAllText(Tree + "/etc/hostname"));
        Assert.Contains("127.0.1.1\tweb.example.org web", File.ReadAllText(Tree + "/etc/hosts"), StringComparison.Ordinal);
        var conf = File.ReadAllText(_prefix.Paths.ConfOf(s_web));
        foreach (var line in (string[])["# Description: The shop's\n", "S_HOSTNAME=\"web.example.org\"\n", "MEMORY_LIMIT=\"64M\"\n", "PIDS_LIMIT=\"100\"\n", "CPU_LIMIT=\"0.5\"\n", "ONBOOT=\"yes\"\n", "S_NICE=\"5\"\n"])
        {
            Assert.Contains(line, conf, StringComparison.Ordinal);
        }

        Assert.NotNull(_prefix.Call().Registry.Find(s_web));
        Assert.Equal(conf, _prefix.ReadJournal()[^1].After);
        Assert.Equal(["web"], Directory.EnumerateFileSystemEntries(_prefix.Paths.VServers).Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public void Build_Defaults_AreTakenAndOverridden()
    {
        File.WriteAllText(BuildDefaults.PathOf(_prefix.Paths), "METHOD=skeleton\nONBOOT=yes\nPRIORITY=7\nUNIFY=0\n");
        Build("--set", "PRIORITY=8");
        var conf = File.ReadAllText(_prefix.Paths.ConfOf(s_web));
        Assert.Contains("ONBOOT=\"yes\"", conf, StringComparison.Ordinal);
        Assert.Contains("PRIORITY=\"8\"", conf, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_ManyFaults_AreToldAtOnceAndNothingIsDone()
    {
        Build("--method", "skeleton");
        var before = _prefix.Snapshot();
        var problem = Assert.Throws<ProblemException>(() => Build("--method", "tar", "--source", "none.tar", "--hostname", "-bad-", "--ip", "1.2.3", "--memory", "lots"));
        Assert.Equal(ProblemCode.AlreadyExists, problem.Code);
        foreach (var part in (string[])["web already", "-bad-", "1.2.3", "lots", "none.tar"])
        {
            Assert.Contains(part, problem.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, _prefix.Snapshot());
    }

    [Theory]
    [InlineData("--unify", "1", ProblemCode.InvalidArgument)]
    [InlineData("--unify", "2", ProblemCode.InvalidArgument)]
    [InlineData("--method", "magic", ProblemCode.InvalidArgument)]
    [InlineData("--set", "ONBOOT", ProblemCode.InvalidArgument)]
    [InlineData("--set", "A B=1", ProblemCode.InvalidArgument)]
    [InlineData("--ip", "nosuchdev0:192.0.2.1/24", ProblemCode.InvalidArgument)]
    [InlineData("--suite", "no/such", ProblemCode.InvalidArgument)]
    [InlineData("--mirror", "file:///etc", ProblemCode.InvalidArgument)]
    [InlineData("--include", "--oops", ProblemCode.InvalidArgument)]
    [InlineData("--clone", "nobody", ProblemCode.NotFound)]
    public void Build_WrongOption_IsRefused(string option, string value, ProblemCode code)
    {
        var before = _prefix.Snapshot();
        Assert.Equal(code, Assert.Throws<ProblemException>(() => Build($"{option}={value}")).Code);
        Assert.Equal(before, _prefix.Snapshot());
    }

    [Fact]
    public void Build_AddressOfAnotherVServer_IsRefused()
    {
        BuildNamed("other", "--method", "skeleton", "--ip", "192.0.2.7");
        var problem = Assert.Throws<ProblemException>(() => Build("--method", "skeleton", "--ip", "192.0.2.8", "--ip", "192.0.2.7"));
        Assert.Equal(ProblemCode.AddressInUse, problem.Code);
        Assert.Contains("other", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "tar.gz")]
    [InlineData("xz", "tar.xz")]
    [InlineData("zstd", "tar.zst")]
    [InlineData("bzip2", "tar.bz2")]
    [InlineData(null, "tar")]
    public void Build_TarOfAnyCompression_FindsTheRootInTheTopDirectory(string? program, string ending)
    {
        Assert.SkipUnless(program is null || ChildProcess.Find(program) is not null, $"{program} is not installed");
        MakeRoot(_prefix.Directory + "/src/debian-12/rootfs");
        File.WriteAllText(_prefix.Directory + "/src/debian-12/metadata.yaml", "");
        Tar(_prefix.Directory + "/src", $"image.{ending}", program);
        Build("--method", "tar", "--source", $"image.{ending}");
        Assert.Equal("hello", File.ReadAllText(Tree + "/usr/bin/tool"));
        Assert.False(File.Exists(Tree + "/metadata.yaml"));
        Assert.Equal(["web"], Directory.EnumerateFileSystemEntries(_prefix.Paths.VServers).Select(p => Path.GetFileName(p)));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.98)]
    public void Build_TarIsCutOff_LeavesNothing(double part)
    {
        MakeRoot(_prefix.Directory + "/src");
        var noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(_prefix.Directory + "/src/usr/noise", noise);
        Tar(_prefix.Directory + "/src", "image.tar.gz", "gzip");
        var path = _prefix.Paths.Images + "/image.tar.gz";
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(int)(bytes.Length * part)]);
        var before = _prefix.Snapshot();
        var problem = Assert.Throws<ProblemException>(() => Build("--method", "tar", "--source", "image.tar.gz"));
        Assert.Equal(ProblemCode.InvalidArgument, problem.Code);
        Assert.Equal(before, _prefix.Snapshot());
    }

    [Fact]
    public void Build_TarWithoutARoot_IsRefused()
    {
        Directory.CreateDirectory(_prefix.Directory + "/src/a");
        Directory.CreateDirectory(_prefix.Directory + "/src/b");
        Tar(_prefix.Directory + "/src", "image.tar", null);
        var before = _prefix.Snapshot();
        Assert.Throws<ProblemException>(() => Build("--method", "tar", "--source", "image.tar"));
        Assert.Equal(before, _prefix.Snapshot());
    }

    [Theory]
    [InlineData("tar", "/etc/passwd")]
    [InlineData("tar", "../registry/x")]
    [InlineData("tar", "link.tar")]
    [InlineData("oci", "/srv")]
    [InlineData("clone", "/")]
    public void Build_PanelNamesAnotherPlace_IsRefused(string method, string source)
    {
        File.CreateSymbolicLink(_prefix.Paths.Images + "/link.tar", "/etc/passwd");
        var call = _prefix.Call() with { Actor = new Actor("root", SudoUser: VServerPanel.Native.Hosts.HostPaths.PanelUser) };
        var problem = Assert.Throws<ProblemException>(() => new BuildVerb().Run(s_web, ["--method", method, "--source", source], call));
        Assert.Equal(ProblemCode.NotPermitted, problem.Code);
    }

    [Fact]
    public void Build_Clone_IsAMachineOfItsOwn()
    {
        BuildNamed("base", "--method", "skeleton");
        var root = _prefix.Paths.TreeOf(VServerName.Parse("base"));
        File.WriteAllText(root + "/etc/machine-id", "0123\n");
        Directory.CreateDirectory(root + "/etc/ssh");
        File.WriteAllText(root + "/etc/ssh/ssh_host_rsa_key", "secret");
        File.WriteAllText(root + "/etc/ssh/sshd_config", "kept");
        File.WriteAllText(root + "/dev/leftover", "");

        Build("--method", "clone", "--source", "base");
        Assert.Equal("", File.ReadAllText(Tree + "/etc/machine-id"));
        Assert.Equal(["sshd_config"], Directory.EnumerateFiles(Tree + "/etc/ssh").Select(p => Path.GetFileName(p)));
        Assert.Equal("web\n", File.ReadAllText(Tree + "/etc/hostname"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Tree + "/dev"));
        Assert.Equal("0123\n", File.ReadAllText(root + "/etc/machine-id"));
        Assert.Equal("secret", File.ReadAllText(root + "/etc/ssh/ssh_host_rsa_key"));
    }

    [Fact]
    public void Build_CloneOfAGuestWithHostileSymlinks_WritesNothingOutside()
    {
        BuildNamed("base", "--method", "skeleton");
        var root = _prefix.Paths.TreeOf(VServerName.Parse("base"));
        var outside = Directory.CreateDirectory(_prefix.Directory + "/outside").FullName;
        File.WriteAllText(outside + "/machine-id", "host's");
        File.WriteAllText(outside + "/ssh_host_rsa_key", "host's");
        File.WriteAllText(outside + "/hostname", "host's");
        Directory.Delete(root + "/etc", recursive: true);
        File.CreateSymbolicLink(root + "/etc", outside);
        var before = TreeSnapshot.Take(outside, withTimes: true);
        Build("--method", "clone", "--source", "base");
        Assert.Equal(before, TreeSnapshot.Take(outside, withTimes: true));
    }

    [Fact]
    public void Build_Oci_AppliesLayersAndWhiteouts()
    {
        var layout = new OciLayoutBuilder(Directory.CreateDirectory(_prefix.Paths.Images + "/app").FullName);
        layout.AddImage("other", OciLayoutBuilder.Mine == "arm64" ? "amd64" : "arm64", OciLayoutBuilder.Layer(("wrong", "x")));
        layout.AddImage(
            "v1",
            OciLayoutBuilder.Mine,
            OciLayoutBuilder.Layer(("usr/", null), ("usr/lib/", null), ("lib", "-> usr/lib"), ("etc/", null), ("etc/a", "1"), ("etc/b", "1"), ("opt/old/", null), ("opt/old/x", "1"), ("opt/new/y", "1")),

            // in one layer: added below a symlink, whiteout of a file, opaque directory with the marker after what stays
            OciLayoutBuilder.Layer(("lib/c", "2"), ("etc/.wh.a", ""), ("opt/old/z", "2"), ("opt/old/.wh..wh..opq", ""), ("opt/.wh.new", "")));
        layout.Write();
        Build("--method", "oci", "--source", "app:v1");
        Assert.Equal("2", File.ReadAllText(Tree + "/usr/lib/c"));
        Assert.False(File.Exists(Tree + "/etc/a"));
        Assert.Equal("1", File.ReadAllText(Tree + "/etc/b"));
        Assert.Equal(["z"], Directory.EnumerateFileSystemEntries(Tree + "/opt/old").Select(p => Path.GetFileName(p)));
        Assert.False(Directory.Exists(Tree + "/opt/new"));
        Assert.Contains(_prefix.Report.All<LogEvent>(), l => l.Text.Contains("/bin/app", StringComparison.Ordinal));
    }

    [Fact]
    public void Build_OciLayerIsNotWhatItsDigestSays_LeavesNothing()
    {
        var layout = new OciLayoutBuilder(Directory.CreateDirectory(_prefix.Paths.Images + "/app").FullName);
        var layer = OciLayoutBuilder.Layer(("usr/tool", "the true one"));
        layout.AddImage(null, OciLayoutBuilder.Mine, layer);
        layout.Write();
        var blob = Directory.EnumerateFiles(layout.Directory + "/blobs/sha256").Single(f => File.ReadAllBytes(f).AsSpan().SequenceEqual(layer));

        // as long, and whole in itself: only the digest can tell
        var forged = layer.ToArray();
        forged[4] ^= 1;
        File.WriteAllBytes(blob, forged);
        var before = _prefix.Snapshot();
        var problem = Assert.Throws<ProblemException>(() => Build("--method", "oci", "--source", "app"));
        Assert.Contains("digest", problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, _prefix.Snapshot());
    }

    [Fact]
    public void Build_OciOfAnotherArchitecture_IsUnsupported()
    {
        var layout = new OciLayoutBuilder(Directory.CreateDirectory(_prefix.Paths.Images + "/app").FullName);
        layout.AddImage(null, "s390x", OciLayoutBuilder.Layer(("x", "x")));
        layout.Write();
        Assert.Equal(ProblemCode.Unsupported, Assert.Throws<ProblemException>(() => Build("--method", "oci", "--source", "app")).Code);
    }

    [Fact]
    public void Delete_Vserver_LeavesNothingAndTellsWhatIsFree()
    {
        var before = _prefix.Snapshot();
        Build("--method", "skeleton");
        File.WriteAllBytes(Tree + "/usr/big", new byte[1 << 20]);
        File.WriteAllText(_prefix.Paths.HookOf(s_web), "#!/bin/sh\n");
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new DeleteVerb().Run(s_web, ["--confirm", "other"], _prefix.Call())).Code);
        using var deletion = new PrivateReport();
        Assert.Equal(ExitCodes.Success, new DeleteVerb().Run(s_web, ["--confirm", "web", "--now"], _prefix.Call("web", "delete") with { Report = deletion.Report }));
        Assert.Equal(before, _prefix.Snapshot());
        var outcome = WireProtocol.FromElement<DeleteOutcome>(((ResultEvent)deletion.Report.Events[^1]).Data!.Value);
        Assert.InRange(outcome.BytesFreed, 1 << 20, 2 << 20);
        Assert.NotNull(_prefix.ReadJournal()[^1].Before);
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => new DeleteVerb().Run(s_web, ["--confirm", "web", "--now"], _prefix.Call())).Code);
    }

    private void Build(params string[] arguments) => BuildNamed("web", arguments);

    private void BuildNamed(string name, params string[] arguments)
    {
        using var report = new PrivateReport(_prefix.Report);
        new BuildVerb().Run(VServerName.Parse(name), arguments, _prefix.Call([name, "build", .. arguments]) with { Report = report.Report });
    }

    private static void MakeRoot(string path)
    {
        Directory.CreateDirectory(path + "/usr/bin");
        Directory.CreateDirectory(path + "/etc");
        File.WriteAllText(path + "/usr/bin/tool", "hello");
    }

    private void Tar(string source, string image, string? program) =>
        new ChildProcess { Program = "tar", Arguments = ["--create", .. program is null ? Array.Empty<string>() : ["--use-compress-program", program], "-C", source, "-f", $"{_prefix.Paths.Images}/{image}", "."] }.Run();

    /// <summary>A report for one call; what it says is kept for the test as well.</summary>
    private sealed class PrivateReport(RecordingReporter? all = null) : IDisposable
    {
        public RecordingReporter Report { get; } = new();

        public void Dispose()
        {
            foreach (var wireEvent in Report.Events.Where(e => !e.IsLast))
            {
                all?.Write(wireEvent);
            }
        }
    }
}
