using System.Diagnostics;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Hosts.Setup;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Hosts.Setup;

public sealed class SetupStepTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose()
    {
        while (MountTable.At(_prefix.Paths.VServers) is not null)
        {
            using var umount = Process.Start("umount", _prefix.Paths.VServers);
            umount.WaitForExit();
        }

        _prefix.Dispose();
    }

    [Fact]
    public void HardenedMount_Prefix_IsMadeOnceAndNotWrittenIntoFstab()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        var before = File.ReadAllText(Fstab.FilePath);
        var step = new HardenedMountStep(_prefix.Paths);
        Assert.NotEmpty(step.Missing());
        step.Apply();
        Assert.Empty(step.Missing());
        Assert.True(HardenedMountStep.IsHardened(MountTable.At(_prefix.Paths.VServers)!));
        Assert.Contains(step.Notes, n => n.Contains(Fstab.FilePath, StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllText(Fstab.FilePath));
    }

    [Fact]
    public void ToolLinks_Prefix_AreAWrapperWithThePrefixAndLinksToIt()
    {
        var step = new ToolLinksStep(_prefix.Paths, "/bin/echo");
        Assert.NotEmpty(step.Missing());
        step.Apply();
        Assert.Empty(step.Missing());
        Assert.Equal("a b\n", Output($"{_prefix.Directory}/usr/sbin/vserver", "a b"));
        Assert.Equal("--as vserver-setup x\n", Output($"{_prefix.Directory}/usr/sbin/vserver-setup", "x"));
        step.Remove();
        Assert.Empty(Directory.GetFileSystemEntries($"{_prefix.Directory}/usr/sbin"));
    }

    [Fact]
    public void ToolLinks_ForeignFile_IsLeftAlone()
    {
        var foreign = $"{_prefix.Directory}/usr/sbin/vserver-setup";
        Directory.CreateDirectory(Path.GetDirectoryName(foreign)!);
        File.WriteAllText(foreign, "#!/bin/sh\n# another package's\n");
        var step = new ToolLinksStep(_prefix.Paths, "/bin/echo");
        step.Missing();
        step.Apply();
        Assert.StartsWith("#!/bin/sh\n# another", File.ReadAllText(foreign), StringComparison.Ordinal);
        step.Missing();
        Assert.Contains(step.Notes, n => n.Contains(foreign, StringComparison.Ordinal));
        step.Remove();
        Assert.True(File.Exists(foreign));
    }

    [Fact]
    public void PanelSettings_EditedFile_KeepsItsValuesAndABackup()
    {
        var path = $"{_prefix.Directory}/etc/vserverpanel.conf";
        new PanelSettingsStep(_prefix.Paths, 8500).Apply();
        var edited = File.ReadAllText(path) + "Panel__PublicUrl=https://panel.example.org # ours\n";
        File.WriteAllText(path, edited);
        Assert.Empty(new PanelSettingsStep(_prefix.Paths, null).Missing());
        var step = new PanelSettingsStep(_prefix.Paths, 8501);
        Assert.Contains("Kestrel__Endpoints__Http__Url", Assert.Single(step.Missing()), StringComparison.Ordinal);
        step.Apply();
        Assert.Equal(edited.Replace("8500", "8501", StringComparison.Ordinal), File.ReadAllText(path));
        Assert.Equal(edited, File.ReadAllText(path + ".bak"));
        Assert.Equal($"{_prefix.Directory}/usr/sbin/vserver", ConfFile.Read(path).Get("Host__Command__2"));
    }

    [Theory]
    [InlineData(1L << 20, ProblemCode.InvalidArgument)]
    [InlineData(1L << 60, ProblemCode.NoSpace)]
    public void Storage_ImpossibleSize_IsRefused(long size, ProblemCode code)
    {
        Assert.SkipUnless(ChildProcess.Find("mkfs.xfs") is not null, "mkfs.xfs is not installed");
        Assert.Equal(code, Assert.Throws<ProblemException>(() => new StorageStep(_prefix.Paths, size).Missing()).Code);
    }

    [Fact]
    public void Storage_VServersThere_IsRefused()
    {
        Assert.SkipUnless(ChildProcess.Find("mkfs.xfs") is not null, "mkfs.xfs is not installed");
        Directory.CreateDirectory(_prefix.Paths.VServers + "/shop");
        Assert.Equal(ProblemCode.AlreadyExists, Assert.Throws<ProblemException>(() => new StorageStep(_prefix.Paths, 1L << 30).Missing()).Code);
        Assert.False(File.Exists(_prefix.Paths.State + "/storage.xfs"));
    }

    [Fact]
    public void Storage_Xfs_SharesExtentsAndIsHardened()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        Assert.SkipUnless(ChildProcess.Find("mkfs.xfs") is not null, "mkfs.xfs is not installed");
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "this machine has no loop devices");
        Assert.SkipUnless(File.ReadAllText("/proc/filesystems").Contains("\txfs\n", StringComparison.Ordinal), "this kernel has no xfs");
        var hardening = new HardenedMountStep(_prefix.Paths);
        hardening.Apply();
        var step = new StorageStep(_prefix.Paths, 1L << 30);
        Assert.Equal(2, step.Missing().Count);
        step.Apply();
        Assert.Empty(step.Missing());
        Assert.Empty(hardening.Missing());
        var mount = MountTable.At(_prefix.Paths.VServers)!;
        Assert.Equal("xfs", mount.FileSystem);
        Assert.True(HardenedMountStep.IsHardened(mount));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_prefix.Paths.VServers));
        var reflink = Native.Hosts.Info.StorageProbes.All(_prefix.Paths).Single(p => p.Key == "reflink").Run();
        Assert.Equal(CapabilityState.Available, reflink.State);
    }

    [Theory]
    [InlineData("/usr/sbin/vserver")]
    [InlineData("/var/tmp/vs-Ab_1.x/usr/sbin/vserver")]
    public void Sudoers_Rule_IsAcceptedByVisudo(string command)
    {
        Assert.SkipUnless(ChildProcess.Find("visudo") is not null, "visudo is not installed");
        var path = $"{_prefix.Directory}/rule";
        File.WriteAllText(path, SudoersStep.RuleFor(command));
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Equal($"{path}: parsed OK\n", Output("visudo", "-c", "-f", path));
    }

    [Theory]
    [InlineData("/srv/a b/vserver")]
    [InlineData("/srv/a,ALL/vserver")]
    [InlineData("/srv/a\nroot ALL=(ALL) ALL/vserver")]
    public void Sudoers_PathWithMeaning_IsRefused(string command) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => SudoersStep.RuleFor(command)).Code);

    [Fact]
    public void Fstab_Parse_TakesLinesAndPassesOverTheRest()
    {
        var lines = Fstab.Parse("# comment\n\n/dev/vda1\t/ ext4  defaults,noatime 0 1\n/vservers /vservers none bind,nosuid 0 0\nbroken\n").ToList();
        Assert.Equal(["/", "/vservers"], lines.Select(l => l.MountPoint));
        Assert.Equal(["bind", "nosuid"], lines[1].Options);
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
