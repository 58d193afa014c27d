using System.Globalization;
using System.Text.RegularExpressions;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

/// <summary>The published command, killed at every fault point: after recovery the host is as before, or as if nothing had happened.</summary>
public sealed partial class CrashTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private readonly List<string> _mounts = [];

    public void Dispose()
    {
        foreach (var mount in Enumerable.Reverse(_mounts))
        {
            _ = Libc.umount2(mount, Libc.MNT_DETACH);
        }

        _prefix.Dispose();
    }

    [Theory]
    [InlineData("skeleton")]
    [InlineData("clone")]
    [InlineData("tar")]
    public void Build_KilledAtEveryFaultPoint_IsRolledBackOrDone(string method)
    {
        Prepare();
        string[] source = method switch { "clone" => ["--source", "base"], "tar" => ["--source", "image.tar.gz"], _ => [] };
        EveryFaultPoint(["web", "build", "--method", method, .. source], undo: () => HostCommand.Run(_prefix, "web", "delete", "--confirm", "web", "--now"));
    }

    [Fact]
    public void Delete_KilledAtEveryFaultPoint_IsRolledBackOrDone()
    {
        Prepare();
        EveryFaultPoint(["base", "delete", "--confirm", "base", "--now"], undo: Prepare);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void DeleteToTrash_KilledAtEveryFaultPoint_IsWhollyThereOrWhollyInTheTrash(bool onFileSystemsOfTheirOwn, bool recoveryFailsFirst)
    {
        PrepareTrash(onFileSystemsOfTheirOwn);
        EveryFaultPoint(["base", "delete", "--confirm", "base"], undo: () => Expect("--as", "vserver-trash", "restore", "base"), recoveryFailsFirst);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Restore_KilledAtEveryFaultPoint_IsWhollyThereOrWhollyInTheTrash(bool onFileSystemsOfTheirOwn, bool recoveryFailsFirst)
    {
        PrepareTrash(onFileSystemsOfTheirOwn);
        Expect("base", "delete", "--confirm", "base");
        EveryFaultPoint(["--as", "vserver-trash", "restore", "base"], undo: () => Expect("base", "delete", "--confirm", "base"), recoveryFailsFirst);
    }

    [Fact]
    public void Recover_FileSystemOfTheTreesIsNotMounted_IsRefusedAndDoneLater()
    {
        PrepareTrash();
        var before = Comparable();
        Assert.True(HostCommand.Run(_prefix, At(16), "base", "delete", "--confirm", "base").WasKilled);
        Assert.NotEmpty(Directory.EnumerateFiles(_prefix.Paths.Undo));

        // as after a power cut: fstab names it, and nothing is mounted there yet
        var fstab = _prefix.Directory + "/fstab";
        File.WriteAllText(fstab, $"/dev/vg/vservers {_prefix.Paths.VServers} xfs defaults 0 2\n");
        foreach (var words in (string[][])[["--as", "vserver-jobs", "recover", "--json"], ["base", "delete", "--confirm", "base", "--now", "--json"]])
        {
            var refused = Unmounted(fstab, words);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Equal(ProblemCode.Busy, refused.Problem.Code);
            Assert.Contains($"mount {_prefix.Paths.VServers}", refused.Output, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.EnumerateFiles(_prefix.Paths.Undo));
        }

        File.Delete(fstab);
        Expect("--as", "vserver-jobs", "recover");
        Assert.Equal(before, Comparable());

        Expect("base", "delete", "--confirm", "base");
        File.WriteAllText(fstab, $"/dev/vg/vservers {_prefix.Paths.VServers} xfs defaults 0 2\n");
        foreach (var words in (string[][])[["--as", "vserver-trash", "purge", "base", "--json"], ["--as", "vserver-trash", "restore", "base", "--json"]])
        {
            Assert.Equal(ProblemCode.Busy, Unmounted(fstab, words).Problem.Code);
        }

        Expect("--as", "vserver-trash", "restore", "base");
    }

    [Fact]
    public void Purge_KilledAtEveryFaultPoint_IsWhollyInTheTrashOrGone()
    {
        PrepareTrash();
        Expect("base", "delete", "--confirm", "base");
        EveryFaultPoint(["--as", "vserver-trash", "purge", "base"], undo: () =>
        {
            Expect("base", "build", "--method", "skeleton", "--desc", "a base");
            Expect("base", "delete", "--confirm", "base");
        });
    }

    [Fact]
    public void Rename_KilledAtEveryFaultPoint_HasTheOldNameOrTheNew()
    {
        Prepare();
        File.WriteAllText(_prefix.Paths.HookOf(VServerName.Parse("base")), "#!/bin/sh\n");
        File.WriteAllText(_prefix.Paths.Log + "/base.console.log", "a line\n");
        EveryFaultPoint(["base", "rename", "other"], undo: () => HostCommand.Run(_prefix, "other", "rename", "base"));
    }

    [Fact]
    public void Build_KilledThenAskedAgain_RecoversByItself()
    {
        Prepare();
        var killed = HostCommand.Run(_prefix, At(12), "web", "build", "--method", "skeleton");
        Assert.True(killed.WasKilled);
        Assert.NotEmpty(Directory.EnumerateFiles(_prefix.Paths.Undo));
        Assert.Equal(0, HostCommand.Run(_prefix, "web", "build", "--method", "skeleton").ExitCode);
        Assert.DoesNotContain(Directory.EnumerateDirectories(_prefix.Paths.VServers), d => Path.GetFileName(d).StartsWith('.'));
        Assert.Empty(Directory.EnumerateFiles(_prefix.Paths.Undo));
    }

    /// <summary>Runs the command where the host has that /etc/fstab.</summary>
    private CommandOutput Unmounted(string fstab, params string[] words)
    {
        const string Script = "mount --bind \"$1\" /etc/fstab && shift && exec \"$@\"";
        using var process = HostCommand.Start(_prefix, new Dictionary<string, string>(), "unshare", ["-m", "sh", "-c", Script, "sh", fstab, HostCommand.Path, .. words]);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private void Mount(string place, params string[] arguments)
    {
        TrialHost.Run("mount", [.. arguments, place]);
        _mounts.Add(place);
    }

    /// <summary>A recovery that cannot write conf files: it fails, and changes nothing that a later one needs.</summary>
    private void RecoverInVain()
    {
        Mount(_prefix.Paths.Configuration, "--bind", _prefix.Paths.Configuration);
        TrialHost.Run("mount", "-o", "remount,ro,bind", _prefix.Paths.Configuration);
        HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover");
        TrialHost.Run("umount", _prefix.Paths.Configuration);
        _mounts.RemoveAt(_mounts.Count - 1);
    }

    private void EveryFaultPoint(string[] words, Action undo, bool recoveryFailsFirst = false)
    {
        var before = Comparable();
        List<string>? after = null;
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 100);
            var output = HostCommand.Run(_prefix, At(point), [.. words, "--json"]);
            if (!output.WasKilled)
            {
                Assert.True(output.ExitCode == 0, $"point {point}: {output.Output}{output.Error}");
                Assert.NotNull(after);
                Assert.Equal(after, Comparable());
                Assert.True(point > 10, $"only {point} points were reached");
                return;
            }

            if (recoveryFailsFirst)
            {
                RecoverInVain();
            }

            var recovered = HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover");
            Assert.True(recovered.ExitCode == 0, $"point {point}: {recovered.Error}");
            var now = Comparable();
            var last = _prefix.ReadJournal().Last(e => e.Phase == JournalPhase.Ended);
            if (last.Outcome == OperationOutcome.Succeeded)
            {
                Assert.NotEqual(before, now);
                after ??= now;
                Assert.Equal(after, now);
                undo();
                Assert.Equal(before, Comparable());
            }
            else
            {
                Assert.Equal(OperationOutcome.RolledBack, last.Outcome);
                Assert.Equal(before, now);
            }
        }
    }

    private static Dictionary<string, string> At(int point) => new() { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) };

    // ids and times of the registry differ from one build to the next
    private List<string> Comparable() =>
        [.. _prefix.Snapshot().Select(l => l.Contains("/registry", StringComparison.Ordinal) || l.Contains("/trash/", StringComparison.Ordinal) ? l.Split(' ')[0] : l).Select(l => OperationId().Replace(l, "ID"))];

    [GeneratedRegex("[0-9a-f]{32}(?=/|$| )", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OperationId();

    private void Expect(params string[] words)
    {
        var output = HostCommand.Run(_prefix, words);
        Assert.True(output.ExitCode == 0, $"{string.Join(' ', words)}: {output.Output}{output.Error}");
    }

    // the trash's own directories are there from the first time on
    private void PrepareTrash(bool onFileSystemsOfTheirOwn = false)
    {
        if (onFileSystemsOfTheirOwn)
        {
            // as Debian's installer offers it
            Mount(_prefix.Directory + "/var/lib", "-t", "tmpfs", "test");
            Mount(_prefix.Directory + "/var/log", "-t", "tmpfs", "test");
            _prefix.Paths.EnsureDirectories();
        }

        Prepare();
        if (onFileSystemsOfTheirOwn)
        {
            File.WriteAllText(_prefix.Paths.HookOf(VServerName.Parse("base")), "#!/bin/sh\n");
            File.WriteAllText(_prefix.Paths.Log + "/base.console.log", "a line\n");
        }

        Expect("base", "delete", "--confirm", "base");
        Expect("--as", "vserver-trash", "restore", "base");
    }

    private void Prepare()
    {
        Assert.Equal(0, HostCommand.Run(_prefix, "base", "build", "--method", "skeleton", "--desc", "a base").ExitCode);
        using var tar = HostCommand.Start(_prefix, new Dictionary<string, string>(), "tar", "-czf", _prefix.Paths.Images + "/image.tar.gz", "--mtime=@0", "-C", "/", "etc/passwd", "usr/bin/env");
        tar.WaitForExit();
    }
}
