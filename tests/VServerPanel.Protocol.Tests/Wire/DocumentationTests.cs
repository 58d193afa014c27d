using System.Text.Json;

namespace VServerPanel.Protocol.Tests.Wire;

/// <summary>docs/wire-protocol.md says what the code does.</summary>
public class DocumentationTests
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs/wire-protocol.md"));

    [Fact]
    public void Examples_Each_AreReadAndWrittenAsTheyStand()
    {
        var lines = s_text.Split('\n').Where(l => l.StartsWith("{\"type\"", StringComparison.Ordinal)).ToList();

        Assert.True(lines.Count > 10);
        Assert.All(lines, line =>
        {
            var wireEvent = WireProtocol.Read(line);
            Assert.True(Same(line, WireProtocol.Write(wireEvent)), line);
            if (wireEvent is ItemEvent item)
            {
                Assert.True(Same(item.Data.GetRawText(), AsItsType(item)), line);
            }
        });
    }

    [Fact]
    public void ItemKinds_Each_HaveAnExample() => Assert.All(Constants(typeof(ItemKinds)), kind => Assert.Contains($"\"kind\":\"{kind}\"", s_text, StringComparison.Ordinal));

    [Fact]
    public void ProblemCodes_All_AreListed()
    {
        var listed = s_text[s_text.IndexOf("`code` is closed", StringComparison.Ordinal)..];
        listed = listed[..listed.IndexOf("\n\n", StringComparison.Ordinal)];
        var words = listed.Split([' ', '\n', '`', '.'], StringSplitOptions.RemoveEmptyEntries);

        Assert.All(Enum.GetValues<ProblemCode>(), code => Assert.Contains(JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString()), words));
    }

    private static string AsItsType(ItemEvent item) => item.Kind switch
    {
        ItemKinds.VServer => Again<VServerStatus>(item),
        ItemKinds.VServerGone => Again<VServerGone>(item),
        ItemKinds.Process => Again<ProcessInfo>(item),
        ItemKinds.ProcessGone => Again<ProcessGone>(item),
        ItemKinds.Capability => Again<HostCapability>(item),
        ItemKinds.Job => Again<JobInfo>(item),
        ItemKinds.Journal => Again<JournalEntry>(item),
        ItemKinds.PlanStep => Again<PlanStep>(item),
        ItemKinds.BuildSource => Again<BuildSource>(item),
        ItemKinds.TerminalOutput => Again<TerminalOutput>(item),
        ItemKinds.DiskShare => Again<DiskShare>(item),
        ItemKinds.SharingAnswer => Again<SharingAnswer>(item),
        ItemKinds.SkippedFiles => Again<SkippedFiles>(item),
        ItemKinds.SharedDirectory => Again<SharedDirectory>(item),
        ItemKinds.TrashItem => Again<TrashItem>(item),
        ItemKinds.Package => Again<PackageInfo>(item),
        ItemKinds.PackageOutcome => Again<PackageOutcome>(item),
        ItemKinds.PackageDifference => Again<PackageDifference>(item),
        ItemKinds.MoveProgress => Again<MoveProgress>(item),
        ItemKinds.Move => Again<MoveInfo>(item),
        ItemKinds.Peer => Again<PeerInfo>(item),
        ItemKinds.AllowedPeer => Again<AllowedPeer>(item),
        ItemKinds.Standby => Again<StandbyInfo>(item),
        _ => "{}",
    };

    private static string Again<T>(ItemEvent item) => WireProtocol.ToElement(WireProtocol.FromElement<T>(item.Data)).GetRawText();

    private static bool Same(string one, string other)
    {
        using var first = JsonDocument.Parse(one);
        using var second = JsonDocument.Parse(other);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }

    private static IEnumerable<string> Constants(Type type) => type.GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!);

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "VServerPanel.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }
}
