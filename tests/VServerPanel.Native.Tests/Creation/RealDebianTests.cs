using System.Diagnostics;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation.Debootstrap;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>A real Debian from this host's own mirror. Its tree is kept as a tarball that other tests build from.</summary>
public sealed class RealDebianTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public static string Cache { get; } = $"/var/tmp/vserverpanel-test-cache/debian-minbase-{Distribution.ReadHost().Codename}.tar";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Build_Debian_IsWholeAndCleanAndCached()
    {
        Assert.SkipWhen(ChildProcess.Find("mmdebstrap") is null, "mmdebstrap is not installed");
        Assert.SkipWhen(File.Exists(Cache), $"it was built before: {Cache}; remove that to build it anew");
        RequireMirror();

        var output = HostCommand.Run(_prefix, "web", "build", "--json");
        Assert.True(output.ExitCode == 0, output.Output + output.Error);
        Assert.Contains(output.Events.OfType<ProgressEvent>(), p => p.Unit == "packages" && p.Done > 20);
        var tree = _prefix.Paths.TreeOf(VServerName.Parse("web"));
        Assert.True(File.Exists(tree + "/etc/init.d/rc"));
        Assert.False(File.Exists(tree + "/usr/sbin/policy-rc.d"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(tree + "/dev"));
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), l => l.Contains(_prefix.Directory, StringComparison.Ordinal));

        Directory.CreateDirectory(Path.GetDirectoryName(Cache)!);
        var part = $"{Cache}.{Environment.ProcessId}";
        new ChildProcess { Program = "tar", Arguments = ["--create", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", tree, "-f", part, "."] }.Run();
        File.Move(part, Cache, overwrite: true);
    }

    [Fact]
    public void Build_DebianIsKilled_EndsTheInstallerAndRecoveryLeavesNothing()
    {
        Assert.SkipWhen(ChildProcess.Find("mmdebstrap") is null, "mmdebstrap is not installed");
        RequireMirror();
        var before = _prefix.Snapshot();
        using var build = HostCommand.Start(_prefix, new Dictionary<string, string>(), HostCommand.Path, "web", "build", "--json");
        while (build.StandardOutput.ReadLine() is { } line && !line.Contains("apt-get update", StringComparison.Ordinal))
        {
        }

        build.Kill();
        build.WaitForExit();
        var clock = Stopwatch.StartNew();
        while (Directory.EnumerateDirectories("/proc").Any(p => IsOurs(p)))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "the installer outlived the command");
            Thread.Sleep(50);
        }

        Assert.Equal(0, HostCommand.Run(_prefix, "--as", "vserver-jobs", "recover").ExitCode);
        Assert.Equal(before, _prefix.Snapshot());
    }

    private bool IsOurs(string process)
    {
        try
        {
            return File.ReadAllText(process + "/cmdline").Contains(_prefix.Directory, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void RequireMirror()
    {
        var (id, codename) = Distribution.ReadHost();
        Assert.SkipUnless(id == "debian", $"this host is {id}, not Debian");
        var archive = DebootstrapSource.Archives(Distribution.All[0], codename, null)[0];
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using var answer = client.GetAsync(new Uri($"{archive.Uri}/dists/{archive.Suite}/InRelease"), TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            Assert.SkipUnless(answer.IsSuccessStatusCode, $"the mirror {archive.Uri} answers {answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Assert.Skip($"the mirror {archive.Uri} cannot be reached: {e.Message}");
        }
    }
}
