using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Native.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Unification;

/// <summary>The words of vunify, unify and deunify: none is passed over in silence.</summary>
public sealed class UnifyWordsTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Theory]
    [InlineData("--debug")]
    [InlineData("--noflags")]
    [InlineData("--content")]
    [InlineData("--quick")]
    [InlineData("--verify")]
    [InlineData("--method", "reflink")]
    [InlineData("--excldir", "/opt")]
    [InlineData("--incldir", "/opt")]
    public void Undo_OptionOfSharing_IsRefused(params string[] option)
    {
        var fault = Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["--undo", .. option, "a", "b"], _prefix.Call("vunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.EndsWith($"Leave out {option[0]}.", fault.Message, StringComparison.Ordinal);

        fault = Assert.Throws<ProblemException>(() => new DeunifyVerb().Run(VServerName.Parse("a"), option, _prefix.Call("a", "deunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.Contains($"'{option[0]}'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Undo_Packages_AreRefused()
    {
        var fault = Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["--undo", "--quick", "a", "b", "--", "bash", "zsh"], _prefix.Call("vunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.EndsWith("Leave out --quick, '-- bash zsh'.", fault.Message, StringComparison.Ordinal);
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new DeunifyVerb().Run(VServerName.Parse("a"), ["--", "bash"], _prefix.Call("a", "deunify"))).Code);
    }

    [Fact]
    public void Undo_Threads_AreHeeded()
    {
        // there are no such vservers: whatever else is wrong would be said before
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["--undo", "--threads", "1", "a", "b"], _prefix.Call("vunify"))).Code);
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => new DeunifyVerb().Run(VServerName.Parse("a"), ["--threads", "1"], _prefix.Call("a", "deunify"))).Code);
    }

    [Fact]
    public void Unify_AllWithOtherPackages_IsRefused()
    {
        var fault = Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["a", "b", "--", "ALL", "bash"], _prefix.Call("vunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.Contains("ALL stands alone", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_TellsTheWordsThatAreHeeded()
    {
        Assert.StartsWith("Usage: vunify [options] REF V… [-- PKG…|ALL]\n", Help("--as", "vunify"), StringComparison.Ordinal);
        File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse("a")), "");
        var unify = Help("a", "unify");
        Assert.StartsWith("Usage: vserver NAME unify [options] [OTHER…] [-- PKG…|ALL]\n", unify, StringComparison.Ordinal);
        Assert.Contains("else with those of last time, else with all", unify, StringComparison.Ordinal);
        var deunify = Help("a", "deunify");
        Assert.Contains("--threads", deunify, StringComparison.Ordinal);
        Assert.DoesNotContain("--quick", deunify, StringComparison.Ordinal);
    }

    private string Help(params string[] words)
    {
        var result = HostCommand.Run(_prefix, new Dictionary<string, string>(), [.. words, "--help"]);
        Assert.True(result.ExitCode == 0, result.Output);
        return result.Output;
    }
}
