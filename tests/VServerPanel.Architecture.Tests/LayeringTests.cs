using System.Diagnostics;
using System.Reflection;
using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace VServerPanel.Architecture.Tests;

/// <summary>References go one way: Panel → Core → Protocol ← Native. What can start processes or call the kernel is in few places.</summary>
public sealed class LayeringTests
{
    private static readonly Assembly[] s_assemblies = [.. new[] { "VServerPanel", "VServerPanel.Core", "VServerPanel.Protocol", "vserver" }.Select(Assembly.Load)];

    private static readonly ArchUnitNET.Domain.Architecture s_architecture = new ArchLoader().LoadAssemblies(s_assemblies).Build();

    [Theory]
    [InlineData("VServerPanel", "VServerPanel.Core")]
    [InlineData("VServerPanel.Core", "VServerPanel.Protocol")]
    [InlineData("VServerPanel.Protocol", "")]
    [InlineData("VServerPanel.Native", "VServerPanel.Protocol")]
    public void ProjectReferences_GoOneWay(string project, string expected)
    {
        var references = XDocument.Parse(Repository.Read($"{project}/{project}.csproj")).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.Equal(expected, string.Join(' ', references));
    }

    [Theory]
    [InlineData("VServerPanel", "VServerPanel.Core VServerPanel.Protocol")]
    [InlineData("VServerPanel.Core", "VServerPanel.Protocol")]
    [InlineData("VServerPanel.Protocol", "")]
    [InlineData("vserver", "VServerPanel.Protocol")]
    public void AssemblyReferences_GoOneWay(string assembly, string allowed)
    {
        var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(r => r.Name!).Where(n => n == "vserver" || n.StartsWith("VServerPanel", StringComparison.Ordinal));
        Assert.Subset(allowed.Split(' ').ToHashSet(StringComparer.Ordinal), references.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public void Protocol_HasNothingButTheWire()
    {
        Assert.DoesNotContain(Assembly.Load("VServerPanel.Protocol").GetReferencedAssemblies(), r => r.Name is "System.Diagnostics.Process" or "System.Console" || r.Name!.StartsWith("Microsoft.", StringComparison.Ordinal));
        Repository.AssertNone(XDocument.Parse(Repository.Read("VServerPanel.Protocol/VServerPanel.Protocol.csproj")).Descendants("PackageReference").Select(r => r.ToString()));
    }

    [Fact]
    public void Processes_AreStartedInTwoPlaces() =>
        Types().That()
            .DoNotResideInNamespaceMatching("^VServerPanel\\.Core\\.Hosts\\.Transports(\\..*)?$").And()
            .DoNotResideInNamespaceMatching("^VServerPanel\\.Native\\.ChildProcesses(\\..*)?$")
            .Should().NotDependOnAny(typeof(ProcessStartInfo))
            .Check(s_architecture);

    [Fact]
    public void Processes_OfThoseTwoPlaces_AreSeenByTheRule() =>
        Assert.Contains(s_architecture.Types, t => t.Namespace.FullName == "VServerPanel.Native.ChildProcesses" && t.Dependencies.Any(d => d.Target.FullName == typeof(ProcessStartInfo).FullName));

    [Fact]
    public void NativeCalls_AreInInteropOnly()
    {
        var methods = s_assemblies.SelectMany(a => a.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .ToList();
        Assert.NotEmpty(methods);
        Repository.AssertNone(methods.Where(m => m.DeclaringType!.Namespace != "VServerPanel.Native.Interop").Select(m => $"{m.DeclaringType}.{m.Name}"));
    }
}
