using CsCheck;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation.Clone;
using VServerPanel.Native.Creation.Tar;
using VServerPanel.Native.Creation.Trees;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>Whole trees through GNU tar and our reader, and through our copy: nothing may be lost.</summary>
public sealed class TarRoundTripTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Theory]
    [InlineData("posix", "--xattrs", "--sparse")]
    [InlineData("posix", "--xattrs", "--sparse", "--sparse-version=0.1")]
    [InlineData("posix", "--xattrs", "--sparse", "--sparse-version=0.0")]
    [InlineData("gnu", "--sparse")]
    [InlineData("gnu")]
    public void Unpack_WhatGnuTarPacked_IsTheSameTree(string format, params string[] options) => Gen.Int.Sample(
        seed =>
        {
            var (source, target) = (Fresh("source"), Fresh("target"));
            new RandomTree(seed).MakeIn(source);
            Libc.TryStatx(null, source, out _);
            new ChildProcess { Program = "tar", Arguments = ["--create", $"--format={format}", .. options, "--xattrs-include=*", "--numeric-owner", "-C", source, "-f", _prefix.Directory + "/t.tar", "."] }.Run();
            Unpack(_prefix.Directory + "/t.tar", target);
            Compare(source, target, format);
        },
        iter: 12,
        threads: 1);

    [Fact]
    public void Copy_AnyTree_IsTheSameTree() => Gen.Int.Sample(
        seed =>
        {
            var (source, target) = (Fresh("source"), Fresh("target"));
            new RandomTree(seed).MakeIn(source);
            using (var from = Libc.open(source, Libc.O_RDONLY | Libc.O_DIRECTORY))
            using (var to = Libc.open(target, Libc.O_RDONLY | Libc.O_DIRECTORY))
            {
                new TreeCopy(new SpaceGuard(target), CancellationToken.None).Copy(from, to);
            }

            Compare(source, target, "");
            Assert.Equal(Blocks(source), Blocks(target), (a, b) => b <= a + (8 << 10));
        },
        iter: 60,
        threads: 1);

    [Fact]
    public void Copy_Fails_LeavesNoDirectoryOpen()
    {
        var (source, target) = (Fresh("source"), Fresh("target"));
        var deep = Directory.CreateDirectory(source + string.Concat(Enumerable.Repeat("/d", 60))).FullName;
        for (var i = 0; i < 600; i++)
        {
            File.WriteAllText($"{deep}/{i}", "");
        }

        using var from = Libc.open(source, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var to = Libc.open(target, Libc.O_RDONLY | Libc.O_DIRECTORY);
        var copy = new TreeCopy(new SpaceGuard(target), CancellationToken.None) { Progress = _ => throw new InvalidOperationException("stopped") };
        Assert.Throws<InvalidOperationException>(() => copy.Copy(from, to));
        var open = Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "").Where(t => t.Contains(_prefix.Directory, StringComparison.Ordinal) && t.Contains("/d", StringComparison.Ordinal));
        Assert.DoesNotContain(open, t => t.EndsWith("/d", StringComparison.Ordinal));
    }

    [Fact]
    public void Copy_CapabilitiesAndAcls_AreKept()
    {
        var (source, target) = (Fresh("source"), Fresh("target"));
        File.WriteAllText(source + "/f", "x");
        Assert.SkipUnless(ChildProcess.Find("setcap") is not null && ChildProcess.Find("setfacl") is not null, "setcap or setfacl is not installed");
        new ChildProcess { Program = "setcap", Arguments = ["cap_net_raw+ep", source + "/f"] }.Run();
        new ChildProcess { Program = "setfacl", Arguments = ["-m", "u:4711:r,g:815:rw", source + "/f"] }.Run();
        Assert.Contains("security.capability", TreeSnapshot.Take(source)[0], StringComparison.Ordinal);
        using (var from = Libc.open(source, Libc.O_RDONLY | Libc.O_DIRECTORY))
        using (var to = Libc.open(target, Libc.O_RDONLY | Libc.O_DIRECTORY))
        {
            new TreeCopy(new SpaceGuard(target), CancellationToken.None).Copy(from, to);
        }

        Assert.Equal(TreeSnapshot.Take(source, withTimes: true), TreeSnapshot.Take(target, withTimes: true));

        // and through an archive, whose ACLs are text
        new ChildProcess { Program = "tar", Arguments = ["--create", "--format=posix", "--xattrs", "--xattrs-include=security.capability", "--acls", "--numeric-owner", "-C", source, "-f", _prefix.Directory + "/t.tar", "."] }.Run();
        TreeRemoval.Remove(target);
        Directory.CreateDirectory(target);
        Unpack(_prefix.Directory + "/t.tar", target);
        Assert.Equal(TreeSnapshot.Take(source), TreeSnapshot.Take(target));
    }

    private string Fresh(string name)
    {
        var path = $"{_prefix.Directory}/{name}";
        TreeRemoval.Remove(path);
        Directory.CreateDirectory(path);
        return path;
    }

    private static void Compare(string source, string target, string format)
    {
        var (expected, actual) = (Lines(source, format), Lines(target, format));
        if (!expected.SequenceEqual(actual))
        {
            Assert.Fail("expected but not there:\n" + string.Join('\n', expected.Except(actual)) + "\nthere but not expected:\n" + string.Join('\n', actual.Except(expected)));
        }
    }

    // the gnu format has whole seconds and no attributes
    private static List<string> Lines(string tree, string format) =>
        [.. TreeSnapshot.Take(tree, withTimes: format != "gnu").Select(l => format == "gnu" ? System.Text.RegularExpressions.Regex.Replace(l, " user\\.random=[0-9A-F]+", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)) : l)];

    private static long Blocks(string tree) => TreeMeasure.Measure(tree, CancellationToken.None).Bytes;

    internal static void Unpack(string archive, string target)
    {
        using var file = File.OpenRead(archive);
        using var root = Libc.open(target, Libc.O_RDONLY | Libc.O_DIRECTORY);
        using var writer = new TreeWriter(root, new SpaceGuard(target));
        using var tar = new TarArchive(file);
        while (tar.Next() is { } entry)
        {
            Unpacking.Write(entry, writer);
        }

        writer.FinishDirectories();
    }
}
