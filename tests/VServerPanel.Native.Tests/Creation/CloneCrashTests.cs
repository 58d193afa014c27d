using System.Globalization;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>The published command, killed at every fault point while it makes a snapshot, shares blocks, or links immutable files: after recovery nothing is left over, and every tree is whole.</summary>
public sealed class CloneCrashTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private LoopImage? _image;

    private string Reference => _prefix.Paths.VServers + "/base";

    private string Target => _prefix.Paths.VServers + "/web";

    public void Dispose()
    {
        _image?.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Clone_Snapshot_KilledAtEveryFaultPoint_IsRolledBackOrDone()
    {
        Prepare("btrfs");
        EveryFaultPoint(["web", "build", "--method", "clone", "--source", "base"], undo: ["web", "delete", "--confirm", "web", "--now"]);
    }

    [Theory]
    [InlineData("btrfs")]
    [InlineData("xfs")]
    public void VBuild_Reflink_KilledAtEveryFaultPoint_IsRolledBackOrDone(string fileSystem)
    {
        Prepare(fileSystem);
        EveryFaultPoint(["--as", "vbuild", Reference, Target], undo: null);
    }

    [Fact]
    public void VBuild_Immutable_KilledAtEveryFaultPoint_LeavesNoSharedFileThawed()
    {
        Prepare("ext4");
        TrialHost.Run("cp", "-a", Reference, _prefix.Paths.VServers + "/other");
        File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse("other")), "");
        Expect("--as", "vunify", "--method", "immutable", "base", "other");
        Assert.NotEmpty(Frozen(Reference));
        EveryFaultPoint(["--as", "vbuild", "--method", "immutable", Reference, Target], undo: null);
    }

    private void EveryFaultPoint(string[] words, string[]? undo)
    {
        var (reference, volumes, names, frozen) = (TreeSnapshot.Take(Reference, withTimes: true), Volumes(), Names(), Frozen(Reference));
        List<string>? whole = null;
        for (var point = 1; ; point++)
        {
            Assert.InRange(point, 1, 150);
            var output = HostCommand.Run(_prefix, new Dictionary<string, string> { ["VSERVER_FAULT_AT"] = point.ToString(CultureInfo.InvariantCulture) }, [.. words, "--json"]);
            if (output.WasKilled)
            {
                Expect("--as", "vserver-jobs", "recover");
            }
            else
            {
                Assert.True(output.ExitCode == 0, $"point {point}: {output.Output}{output.Error}");
                Assert.True(point > 10, $"only {point} points were reached");
                Assert.True(Directory.Exists(Target));
            }

            // the reference is never touched, whatever shares with it by now
            Assert.Equal(Alone(reference), Alone(TreeSnapshot.Take(Reference, withTimes: true)));
            Assert.Equal(frozen, Frozen(Reference));
            if (Directory.Exists(Target))
            {
                // a build writes a vserver's own host name
                var made = Alone(TreeSnapshot.Take(Target, withTimes: undo is null));
                whole ??= made;
                Assert.Equal(whole, made);
                Assert.Equal(volumes + (volumes > 0 ? 1 : 0), Volumes());
                Assert.Equal([.. names, "web"], Names());
                if (!output.WasKilled)
                {
                    break;
                }

                if (undo is null)
                {
                    Native.Operations.TreeRemoval.Remove(Target);
                }
                else
                {
                    Expect(undo);
                }
            }

            Assert.Equal(volumes, Volumes());
            Assert.Equal(names, Names());
            Assert.Empty(Directory.EnumerateFiles(_prefix.Paths.Undo));
        }

        if (undo is null)
        {
            // the guests' own directories are empty in a copy
            Assert.Equal(Alone(reference).Where(l => !l.StartsWith("./dev/", StringComparison.Ordinal)), whole);
        }
    }

    // how many names a file has is what a further link to it changes
    private static List<string> Alone(IReadOnlyList<string> tree) => [.. tree.Select(l => string.Join(' ', l.Split(' ').Where(w => !w.StartsWith("same-as=", StringComparison.Ordinal))))];

    private static List<string> Frozen(string tree) =>
        [.. TreeSnapshot.Take(tree).Select(l => l.Split(' ')[0]).Where(f => (Libc.statx(null, $"{tree}/{f}").Attributes & Libc.STATX_ATTR_IMMUTABLE) != 0)];

    private List<string> Names() => [.. Directory.EnumerateFileSystemEntries(_prefix.Paths.VServers).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    private int Volumes() => _image!.Type == "btrfs" ? TrialHost.Run("btrfs", "subvolume", "list", _prefix.Paths.VServers).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length : 0;

    private void Prepare(string fileSystem)
    {
        _image = LoopImage.Mount(fileSystem, _prefix.Paths.VServers);
        Expect("base", "build", "--method", "skeleton", "--desc", "a base");
        File.WriteAllText(Reference + "/usr/tool", "a program");
        File.WriteAllText(Reference + "/usr/other", "another program");
        File.WriteAllText(Reference + "/dev/left", "of an earlier life");
        TrialHost.Run("touch", "-d", "2020-01-02", Reference + "/usr/tool", Reference + "/usr/other", Reference + "/usr");
    }

    private void Expect(params string[] words)
    {
        var output = HostCommand.Run(_prefix, words);
        Assert.True(output.ExitCode == 0, $"{string.Join(' ', words)}: {output.Output}{output.Error}");
    }
}
