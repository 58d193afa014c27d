using System.Globalization;
using System.Text.RegularExpressions;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

/// <summary>The published command, killed at every fault point: after recovery the host is as before, or as if nothing had happened.</summary>
public sealed partial class CrashTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

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

    [Fact]
    public void DeleteToTrash_KilledAtEveryFaultPoint_IsWhollyThereOrWhollyInTheTrash()
    {
        PrepareTrash();
        EveryFaultPoint(["base", "delete", "--confirm", "base"], undo: () => Expect("--as", "vserver-trash", "restore", "base"));
    }

    [Fact]
    public void Restore_KilledAtEveryFaultPoint_IsWhollyThereOrWhollyInTheTrash()
    {
        PrepareTrash();
        Expect("base", "delete", "--confirm", "base");
        EveryFaultPoint(["--as", "vserver-trash", "restore", "base"], undo: () => Expect("base", "delete", "--confirm", "base"));
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

    private void EveryFaultPoint(string[] words, Action undo)
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
    private void PrepareTrash()
    {
        Prepare();
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
