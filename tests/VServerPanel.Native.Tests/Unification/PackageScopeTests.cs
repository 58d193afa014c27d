using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>Sharing by package, as the guests' own dpkg databases say.</summary>
public sealed class PackageScopeTests : IDisposable
{
    private readonly UnifiedHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Unify_ByPackage_SharesFilesOfTheSameVersionOnly(bool isQuick)
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        Fill("c", "1.1");
        var outcome = _host.Unify(_host.Request("a", "b", "c") with { Scope = UnificationScope.Package, IsQuick = isQuick });
        Assert.Equal(2u, _host.LinksOf("a", "usr/bin/tool"));
        Assert.Equal(1u, _host.LinksOf("c", "usr/bin/tool"));
        Assert.Equal(3u, _host.LinksOf("c", "usr/share/base/data"));
        Assert.Equal(1u, _host.LinksOf("a", "usr/share/base/settings.conf"));
        Assert.Equal(1u, _host.LinksOf("a", "usr/local/own"));
        Assert.Equal(["alone", "configuration", "excluded-directory", "not-in-package"], outcome.Skipped.Select(s => s.Reason).Order(StringComparer.Ordinal));
        Assert.Equal(0, _host.Unify(_host.Request("a", "b", "c") with { Scope = UnificationScope.Package, IsQuick = isQuick }).FilesChanged);
    }

    [Fact]
    public void Unify_OnePackage_LeavesTheOthers()
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        _host.Unify(_host.Request("a", "b") with { Scope = UnificationScope.Package, Packages = ["base"] });
        Assert.Equal(1u, _host.LinksOf("a", "usr/bin/tool"));
        Assert.Equal(2u, _host.LinksOf("a", "usr/share/base/data"));
    }

    [Fact]
    public void Unify_PackageThatNobodyHas_IsRefused()
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => _host.Unify(_host.Request("a", "b") with { Scope = UnificationScope.Package, Packages = ["nothing"] })).Code);
    }

    [Fact]
    public void Unify_OneHasNoPackages_TheOthersShare()
    {
        Fill("a", "1.0");
        UnifiedHost.Write(_host.Add("plain"), "usr/bin/tool", "the tool\n");
        Fill("b", "1.0");
        var request = _host.Request("a", "plain", "b") with { Scope = UnificationScope.Package };
        Assert.Contains(_host.Plan(request).Warnings, w => w.StartsWith("plain has no package database", StringComparison.Ordinal));

        var outcome = _host.Unify(request);

        Assert.Equal((2u, 1u), (_host.LinksOf("a", "usr/bin/tool"), _host.LinksOf("plain", "usr/bin/tool")));
        Assert.Equal(0, outcome.Members.Single(m => m.VServer.Value == "plain").SharedBytes);
        Assert.DoesNotContain(outcome.Skipped, s => s.Reason == "packages-unread");
    }

    [Fact]
    public void Unify_FewerThanTwoHavePackages_IsRefused()
    {
        Fill("a", "1.0");
        _host.Add("plain");
        var fault = Assert.Throws<ProblemException>(() => _host.Unify(_host.Request("a", "plain") with { Scope = UnificationScope.Package }));
        Assert.Equal(ProblemCode.Unsupported, fault.Code);
        Assert.Contains("plain has no package database", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unify_Quick_HasTheContentOfTheReference()
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        UnifiedHost.Write(_host.PathOf("b"), "usr/bin/tool", "changed 10");
        UnifiedHost.Write(_host.PathOf("a"), "usr/bin/tool", "original 1");
        _host.Unify(_host.Request("a", "b") with { Scope = UnificationScope.Package });
        Assert.Equal("changed 10", File.ReadAllText(_host.PathOf("b") + "/usr/bin/tool"));
        _host.Unify(_host.Request("a", "b") with { Scope = UnificationScope.Package, IsQuick = true });
        Assert.Equal("original 1", File.ReadAllText(_host.PathOf("b") + "/usr/bin/tool"));
    }

    [Fact]
    public void Unify_ByContent_LeavesConfigurationAlone()
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        _host.Unify("a", "b");
        Assert.Equal(2u, _host.LinksOf("a", "usr/local/own"));
        Assert.Equal(1u, _host.LinksOf("a", "usr/share/base/settings.conf"));
    }

    /// <summary>As the classic undoes: of packages, and not in directories that are left out. All else goes on sharing, and is known to.</summary>
    [Fact]
    public void Separate_OfPackagesOrDirectories_LeavesTheOthersShared()
    {
        Fill("a", "1.0");
        Fill("b", "1.0");
        UnifiedHost.Write(_host.Add("plain"), "usr/local/own", "of no package\n");
        _host.Unify("a", "b", "plain");
        var request = _host.Request("b");
        Assert.Equal(ProblemCode.NotFound, Fault(request with { Scope = UnificationScope.Package, Packages = ["nothing"] }));
        Assert.Equal(ProblemCode.Unsupported, Fault(_host.Request("plain") with { Scope = UnificationScope.Package }));
        Assert.Equal(1, _host.Separate(request with { Scope = UnificationScope.Package, Packages = ["tool"] }).FilesChanged);
        Assert.Equal([1u, 2u, 3u], Links());
        Assert.NotNull(UnificationState.Find(_host.Prefix.Paths, _host.Prefix.Call().Registry, VServerName.Parse("b")));

        Assert.Equal(1, _host.Separate(request with { KeptShared = Exclusions.ForUndo(["/usr/local"], []) }).FilesChanged);
        Assert.Equal([1u, 1u, 3u], Links());

        Assert.Equal(1, _host.Separate("b").FilesChanged);
        Assert.Null(UnificationState.Find(_host.Prefix.Paths, _host.Prefix.Call().Registry, VServerName.Parse("b")));

        uint[] Links() => [.. ((string[])["usr/bin/tool", "usr/share/base/data", "usr/local/own"]).Select(f => _host.LinksOf("b", f))];

        ProblemCode Fault(UnificationRequest wrong) => Assert.Throws<ProblemException>(() => _host.Separate(wrong)).Code;
    }

    /// <summary>Both names are in a bucket of their own, and may be open at once.</summary>
    [Fact]
    public void Unify_OneInodeOfTwoNamesByBlocks_IsSavedOnce()
    {
        using var host = new UnifiedHost("xfs");
        foreach (var name in (string[])["a", "b"])
        {
            Fill(host, name, "1.0");
            var tree = host.PathOf(name);
            File.Delete(tree + "/usr/bin/tool");
            UnifiedHost.Write(tree, "usr/bin/tool", new string('t', 2_000_000));
            new ChildProcess { Program = "ln", Arguments = [tree + "/usr/bin/tool", tree + "/usr/bin/tool2"] }.Run();
            UnifiedHost.Write(tree, "var/lib/dpkg/info/tool.list", "/usr/bin/tool\n/usr/bin/tool2\n");
        }

        host.Sync();
        var request = host.Request("a", "b") with { Scope = UnificationScope.Package, Packages = ["tool"] };
        Assert.InRange(host.Plan(request).BytesSaved, 2_000_000, 2_004_096);
        Assert.InRange(host.Unify(request).BytesSaved, 2_000_000, 2_004_096);
    }

    private void Fill(string name, string toolVersion) => Fill(_host, name, toolVersion);

    private static void Fill(UnifiedHost host, string name, string toolVersion)
    {
        var tree = host.Add(name);
        UnifiedHost.Write(tree, "usr/bin/tool", "the tool\n");
        UnifiedHost.Write(tree, "usr/share/base/data", "data\n");
        UnifiedHost.Write(tree, "usr/share/base/settings.conf", "setting=1\n");
        UnifiedHost.Write(tree, "usr/local/own", "of no package\n");
        UnifiedHost.Write(tree, "var/lib/dpkg/status", $"""
            Package: tool
            Status: install ok installed
            Architecture: amd64
            Version: {toolVersion}
            Description: a tool

            Package: base
            Status: install ok installed
            Architecture: all
            Version: 7
            Conffiles:
             /usr/share/base/settings.conf 0123456789abcdef0123456789abcdef
            Description: a base

            """);
        UnifiedHost.Write(tree, "var/lib/dpkg/info/tool.list", "/.\n/usr\n/usr/bin\n/usr/bin/tool\n");
        UnifiedHost.Write(tree, "var/lib/dpkg/info/base.conffiles", "/usr/share/base/settings.conf\n");
        UnifiedHost.Write(tree, "var/lib/dpkg/info/base.list", "/.\n/usr\n/usr/share\n/usr/share/base\n/usr/share/base/data\n/usr/share/base/settings.conf\n");
    }
}
