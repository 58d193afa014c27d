using System.Text.RegularExpressions;

namespace VServerPanel.Architecture.Tests;

/// <summary>Habits of the source tree that a compiler does not check.</summary>
public sealed class SourceTreeTests
{
    private static readonly string[] s_namesThatSayNothing = ["Helpers", "Helper", "Utils", "Utilities", "Managers", "Model", "Models", "Common", "Misc", "Shared"];

    // Feature folders, the same in every project (docs/architecture.md) …
    private static readonly string[] s_features =
        ["Lifecycle", "Creation", "Unification", "Renaming", "Readdressing", "Trash", "Moving", "Standby", "Packages", "Processes", "Network", "Shares", "DiskShares", "Limits", "Hosts", "Auditing", "Tenants", "Configuration", "Jobs", "Isolation", "Kernel", "Terminal", "Contexts"];

    // … and those that one project has for itself.
    private static readonly Dictionary<string, string[]> s_own = new(StringComparer.Ordinal)
    {
        ["VServerPanel"] = ["Components", "Hosting", "Identity", "Security", "Properties"],
        ["VServerPanel.Core"] = ["Storage"],
        ["VServerPanel.Protocol"] = ["Vocabulary", "Wire"],
        ["VServerPanel.Native"] = ["Interop", "Commands", "ChildProcesses", "FileTrees", "Operations", "Output", "Registry", "Peers"],
    };

    private static readonly Regex s_installsPackages = new(@"^[^#\n]*apt-get (-\S+ )*install", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));

    // what bUnit does to an element that somebody has found before
    private static readonly Regex s_actsOnAnElement = new(
        @"\.\s*(?<act>(Click|DoubleClick|Change|Input|Submit|Focus(In|Out)?|Blur|Key(Down|Up|Press)|(Mouse|Pointer|Touch|Drag)\w+|Drop|ContextMenu|Wheel|Scroll|Paste|TriggerEvent)(Async)?)\s*[(<]",
        RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(10));

    [Fact]
    public void Folders_NoneHasANameThatSaysNothing() =>
        Repository.AssertNone(Repository.Projects.Append("tests").Append("bench").SelectMany(Repository.Folders).Where(f => s_namesThatSayNothing.Contains(Path.GetFileName(f), StringComparer.OrdinalIgnoreCase)));

    [Fact]
    public void Folders_OfAProject_AreFeatures() => Repository.AssertNone(
        Repository.Projects.SelectMany(p => Repository.Folders(p)
            .Where(f => f.Split('/').Length == 2 && !f.EndsWith("/wwwroot", StringComparison.Ordinal))
            .Where(f => !s_features.Concat(s_own[p]).Contains(Path.GetFileName(f), StringComparer.Ordinal))));

    [Fact]
    public void Files_AreSmall() => Repository.AssertNone(
        Repository.Files()
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Where(f => !Repository.IsGenerated(f))
            .Select(f => (File: f, Lines: Repository.Read(f).Count(c => c == '\n'), Most: f.EndsWith(".razor", StringComparison.Ordinal) ? 200 : 400))
            .Where(f => f.Lines > f.Most)
            .Select(f => $"{f.File}: {f.Lines} lines"));

    [Fact]
    public void Files_NothingIsLeftForLater()
    {
        // the words are put together here, so that this file does not have them
        var words = new Regex($@"\b(TO{"DO"}|FIX{"ME"})\b|^(<{"<<<<<<"}|>{">>>>>>"}) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        Repository.AssertNone(TextFiles().Where(f => words.IsMatch(Repository.Read(f))));
    }

    [Fact]
    public void Files_NoPathOfSomebodysMachine()
    {
        var paths = new Regex($@"(?<![\w$}}""'])/(ho{"me"}/[a-z]+/\w|Us{"ers"}/\w|wo{"rk"}/\w)|\b[A-Z]:\\Us{"ers"}\\", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        Repository.AssertNone(TextFiles().SelectMany(f => paths.Matches(Repository.Read(f)).Select(m => $"{f}: {m.Value}")));
    }

    [Fact]
    public void PageTests_FindAndActInOneStep()
    {
        // a page can be rendered anew between the two, and the element is gone: PageActions does both at once
        const string Actions = "tests/VServerPanel.Tests/Fakes/PageActions.cs";
        var acts = Repository.Files("tests/VServerPanel.Tests").Where(f => f.EndsWith(".cs", StringComparison.Ordinal))
            .Select(f => (File: f, Text: Repository.Read(f)))
            .SelectMany(f => s_actsOnAnElement.Matches(f.Text).Select(m => (f.File, Line: f.Text.AsSpan(0, m.Index).Count('\n') + 1, Act: m.Groups["act"].Value)))
            .ToLookup(a => a.File == Actions);
        Assert.NotEmpty(acts[true]);
        Repository.AssertNone(acts[false].Select(a => $"{a.File}:{a.Line}: {a.Act} instead of PageActions"));
    }

    [Fact]
    public void Solution_HasEveryProject()
    {
        var solution = Repository.Read("VServerPanel.sln").Replace('\\', '/');
        Repository.AssertNone(Repository.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !solution.Contains($"\"{f}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Projects_HaveLockFiles() =>
        Repository.AssertNone(Repository.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Where(f => !File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(f)!, "packages.lock.json"))));

    [Fact]
    public void Packages_AreListedInOnePlace()
    {
        // what Dockerfile.dev installs is what make run and make test install
        foreach (var file in new[] { "Dockerfile.dev", "Makefile", "packaging/run-tests" })
        {
            Assert.Contains("packaging/install-packages", Repository.Read(file), StringComparison.Ordinal);
        }

        var lists = Repository.Files().Where(f => f is "Makefile" or "Dockerfile.dev" || f.StartsWith("packaging/", StringComparison.Ordinal) || f.StartsWith(".ci/", StringComparison.Ordinal))
            .Where(f => s_installsPackages.IsMatch(Repository.Read(f)));
        Assert.Equal(["packaging/install-packages"], lists);
    }

    [Fact]
    public void Licences_AreThere()
    {
        Assert.Contains("Apache License", Repository.Read("LICENSE"), StringComparison.Ordinal);
        Assert.Contains("GNU GENERAL PUBLIC LICENSE", Repository.Read("kernel-patches/LICENSE"), StringComparison.Ordinal);
    }

    // wwwroot/lib is others' work, as it came
    private static IEnumerable<string> TextFiles() => Repository.Files().Where(f =>
        (Path.GetExtension(f) is ".cs" or ".razor" or ".css" or ".md" or ".csproj" or ".props" or ".json" or ".service" or ".sudoers" or ".dev" or ".yml" or "" || f.StartsWith("packaging/", StringComparison.Ordinal))
        && !f.StartsWith("wwwroot/lib/", StringComparison.Ordinal) && !f.EndsWith("packages.lock.json", StringComparison.Ordinal) && !Path.GetFileName(f).StartsWith("LICENSE", StringComparison.Ordinal));
}
