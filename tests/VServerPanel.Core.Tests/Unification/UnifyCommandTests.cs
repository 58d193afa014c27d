using VServerPanel.Core.Hosts;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Unification;

public class UnifyCommandTests
{
    private static readonly VServerName s_web1 = VServerName.Parse("web1");
    private static readonly VServerName s_web2 = VServerName.Parse("web2");
    private static readonly UnificationRequest s_request = new(s_web1, [s_web2], UnificationScope.Package);

    [Fact]
    public void Words_ByPackage_NamesAllPackages() =>
        Assert.Equal(["vunify", "web1", "web2", "--", "ALL"], UnifyCommand.Words(s_request));

    [Fact]
    public void Words_ByContent_NamesNoPackages() =>
        Assert.Equal(["vunify", "--content", "--method", "hardlink", "web1", "web2"], UnifyCommand.Words(s_request with { Scope = UnificationScope.Content, Method = SharingMethod.HardLink }));

    [Fact]
    public void Words_Quick_SaysSo() =>
        Assert.Equal(["vunify", "--quick", "web1", "web2", "--", "ALL"], UnifyCommand.Words(s_request with { IsQuick = true }));

    [Fact]
    public void UndoWords_OneOrSeveral_AreVerbOrTool()
    {
        Assert.Equal(["vserver", "web1", "deunify"], UnifyCommand.UndoWords([s_web1]));
        Assert.Equal(["vunify", "--undo", "web1", "web2"], UnifyCommand.UndoWords([s_web1, s_web2]));
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<HostProblemException>(() => UnifyCommand.UndoWords([])).Code);
    }

    [Fact]
    public void Fault_WhatCannotBe_IsSaid()
    {
        Assert.Null(s_request.Fault);
        Assert.Contains("at least two", (s_request with { Members = [] }).Fault, StringComparison.Ordinal);
        Assert.Contains("cannot be compared with itself", (s_request with { Members = [s_web1, s_web2] }).Fault, StringComparison.Ordinal);
        Assert.Contains("named twice", (s_request with { Members = [s_web2, s_web2] }).Fault, StringComparison.Ordinal);
        Assert.Contains("by package only", (s_request with { Scope = UnificationScope.Content, IsQuick = true }).Fault, StringComparison.Ordinal);
    }
}
