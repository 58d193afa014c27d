using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

public sealed class VBuildTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private LoopImage? _image;

    private string Reference => _prefix.Paths.VServers + "/ref";

    private string Target => _prefix.Paths.VServers + "/new";

    public void Dispose()
    {
        _image?.Dispose();
        _prefix.Dispose();
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void VBuild_Reflink_IsTheSameTreeWithSharedBlocks(string fileSystem)
    {
        _image = LoopImage.Mount(fileSystem, _prefix.Paths.VServers);
        Directory.CreateDirectory(Reference);
        new RandomTree(7).MakeIn(Reference);
        var content = new byte[4 << 20];
        Random.Shared.NextBytes(content);
        File.WriteAllBytes(Reference + "/big", content);
        _image.Sync();
        var free = new DriveInfo(_prefix.Paths.VServers).AvailableFreeSpace;
        Build("--stats");
        _image.Sync();
        Assert.Equal(TreeSnapshot.Take(Reference, withTimes: true), TreeSnapshot.Take(Target, withTimes: true));
        Assert.InRange(free - new DriveInfo(_prefix.Paths.VServers).AvailableFreeSpace, long.MinValue, 3 << 20);
    }

    /// <summary>What a host made to be shared is linked; what a guest made is copied, though it says the same of itself.</summary>
    [Fact]
    public unsafe void VBuild_Immutable_LinksOnlyWhatTheHostMade()
    {
        _image = LoopImage.Mount("ext4", _prefix.Paths.VServers, 64);
        Directory.CreateDirectory(Reference + "/usr");
        Directory.CreateDirectory(Reference + "/etc");
        foreach (var name in (string[])["usr/shared", "etc/shared", "usr/own", "usr/forged"])
        {
            File.WriteAllText($"{Reference}/{name}", "content");
        }

        MarkShared("usr/shared");
        MarkShared("etc/shared");
        CopyMark("usr/shared", "usr/forged");
        try
        {
            Build("--method", "immutable");
            Assert.Equal(Stat(Reference + "/usr/shared").Inode, Stat(Target + "/usr/shared").Inode);
            foreach (var copied in (string[])["etc/shared", "usr/own", "usr/forged"])
            {
                Assert.NotEqual(Stat($"{Reference}/{copied}").Inode, Stat($"{Target}/{copied}").Inode);
                Assert.Equal("content", File.ReadAllText($"{Target}/{copied}"));
            }

            // and it is as protected as before
            Assert.NotEqual(0, new ChildProcess { Program = "sh", Arguments = ["-c", $"echo x >> '{Target}/usr/shared'"] }.Try().ExitCode);
        }
        finally
        {
            TrialHost.Run("chattr", "-R", "-i", Reference);
        }

        void MarkShared(string name)
        {
            using var file = Libc.open($"{Reference}/{name}", Libc.O_RDONLY);
            var fd = (int)file.DangerousGetHandle();
            SharedMark.Set(fd, Libc.fstatx(file), isImmutable: true);
            SharedMark.Freeze(fd, true);
        }

        void CopyMark(string from, string to)
        {
            using var directory = Libc.open(Reference, Libc.O_RDONLY | Libc.O_DIRECTORY);
            Libc.SetXattr(directory, to, SharedMark.Attribute, Libc.Xattr(directory, from, SharedMark.Attribute)!);
        }
    }

    [Fact]
    public void VBuild_NothingProtectsHardLinks_IsRefusedWithTheReason()
    {
        _image = LoopImage.Mount("ext4", _prefix.Paths.VServers, 64);
        Directory.CreateDirectory(Reference);
        Assert.SkipWhen(SharingMethods.ChooseFor(_prefix.Paths, _prefix.Paths.VServers).Method is not null, "this kernel protects shared hard links");
        var problem = Assert.Throws<ProblemException>(() => Build());
        Assert.Equal(ProblemCode.Unsupported, problem.Code);
        Assert.Contains("--method immutable", problem.Message, StringComparison.Ordinal);
        Assert.Equal(["lost+found", "ref"], Directory.EnumerateFileSystemEntries(_prefix.Paths.VServers).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void VBuild_ImmutableAndAVServerOfTheReferenceRuns_IsRefused()
    {
        _image = LoopImage.Mount("ext4", _prefix.Paths.VServers, 64);
        Directory.CreateDirectory(Reference);
        var name = VServerName.Parse("ref");
        File.WriteAllText(_prefix.Paths.ConfOf(name), "");
        var runs = new RunStateStore(_prefix.Paths);
        var self = ProcessMark.Of(Environment.ProcessId);
        var state = new RunState { Generation = "1", BootId = ProcessIdentity.BootId, Stage = RunStage.Running, Owner = self, Init = self, Style = InitStyle.Sysv, Network = NetworkMode.Shared, Context = 100 };
        Directory.CreateDirectory(_prefix.Paths.RunDirectoryOf(name));
        runs.Save(name, state);
        runs.SaveContextFile(name, state);
        var problem = Assert.Throws<ProblemException>(() => Build("--method", "immutable"));
        Assert.Equal(ProblemCode.AlreadyRunning, problem.Code);
        Assert.False(Directory.Exists(Target));
        File.Delete(_prefix.Paths.ContextOf(name));
        Build("--method", "immutable");
        Assert.True(Directory.Exists(Target));
    }

    [Fact]
    public void VBuild_TargetIsThere_IsRefused()
    {
        Directory.CreateDirectory(Reference);
        Directory.CreateDirectory(Target);
        Assert.Equal(ProblemCode.AlreadyExists, Assert.Throws<ProblemException>(() => Build("--method", "immutable")).Code);
    }

    private static Libc.Statx Stat(string path) => Libc.statx(null, path);

    private void Build(params string[] options) => new VBuildTool().Run([.. options, Reference, Target], _prefix.Call("vbuild") with { Report = new RecordingReporter() });
}
