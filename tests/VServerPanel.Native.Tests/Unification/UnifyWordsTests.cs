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
    [InlineData("--content")]
    [InlineData("--quick")]
    [InlineData("--verify")]
    [InlineData("--method", "reflink")]
    public void Undo_OptionOfSharing_IsRefused(params string[] option)
    {
        var fault = Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["--undo", .. option, "a", "b"], _prefix.Call("vunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.EndsWith($"Leave out {option[0]}.", fault.Message, StringComparison.Ordinal);

        fault = Assert.Throws<ProblemException>(() => new DeunifyVerb().Run(VServerName.Parse("a"), option, _prefix.Call("a", "deunify")));
        Assert.Equal(ProblemCode.InvalidArgument, fault.Code);
        Assert.Contains($"'{option[0]}'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--")]
    [InlineData("--", "ALL", "bash")]
    [InlineData("--excldir", "/usr/..")]
    public void Undo_WhatIsNone_IsRefused(params string[] words)
    {
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new VUnifyTool().Run(["--undo", "a", "b", .. words], _prefix.Call("vunify"))).Code);
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => new DeunifyVerb().Run(VServerName.Parse("a"), words, _prefix.Call("a", "deunify"))).Code);
    }

    /// <summary>As the classic has them, and as the plan gives them back.</summary>
    [Fact]
    public void Undo_WordsOfTheClassic_AreTaken()
    {
        foreach (var name in (string[])["a", "b"])
        {
            File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse(name)), "");
            Directory.CreateDirectory(_prefix.Paths.TreeOf(VServerName.Parse(name)) + "/usr/local");
        }

        var report = new RecordingReporter();
        new VUnifyTool().Run(["--test", "--undo", "--debug", "--noflags", "--excldir", "/usr/local", "--incldir", "/usr/local/bim", "--threads", "1", "a", "b"], _prefix.Call("vunify") with { Report = report });
        var plan = WireProtocol.FromElement<UnificationPlan>(Assert.IsType<ResultEvent>(report.Events[^1]).Data!.Value);
        Assert.Equal(["vunify", "--undo", "--excldir", "/usr/local", "--incldir", "/usr/local/bim", "a", "b"], plan.Command);
        Assert.StartsWith("--incldir /usr/local/bim", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        Assert.Empty(plan.Problems);
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
        Assert.StartsWith("Usage: vserver NAME deunify [options] [-- PKG…|ALL]\n", deunify, StringComparison.Ordinal);
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
