using VServerPanel.Native.Commands;
using VServerPanel.Native.DiskShares;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.DiskShares;

public sealed class VFilesTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();
    private LoopImage? _image;

    public void Dispose()
    {
        _image?.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void VFiles_Counts_EachFileOnceByItsReason()
    {
        MakeTwo();
        var reasons = Items<SkippedFiles>(ItemKinds.SkippedFiles, "a").ToDictionary(s => s.Reason, s => s.Files);
        Assert.Equal(new Dictionary<string, long> { ["excluded-directory"] = 4, ["set-id"] = 1, ["configuration"] = 1, ["empty"] = 1 }, reasons);
        Assert.Equal(7, Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--list").Count);
    }

    [Theory]
    [InlineData("/etc/motd", "excluded-directory")]
    [InlineData("usr/bin/su", "set-id")]
    [InlineData("/bin/su", "set-id")]
    [InlineData("/usr/lib/tool.conf", "configuration")]
    [InlineData("/usr/empty", "empty")]
    [InlineData("/usr/alone", "alone")]
    [InlineData("/usr/differs", "differs")]
    [InlineData("/usr/mode", "attributes")]
    [InlineData("/usr/same", "not-unified")]
    [InlineData("/usr/attribute", "attributes")]
    [InlineData("/usr/linked", "unprotected")]
    public void Why_AnyFile_SaysTheReason(string path, string reason)
    {
        MakeTwo();
        var answer = Assert.Single(Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", path));
        Assert.Equal((reason, reason == "unprotected"), (answer.Reason, answer.IsShared));
        Assert.Equal(answer.IsShared ? ["b"] : null, answer.SharedWith);
        Assert.Equal(reason == "configuration" ? "tool 1.0-1" : null, answer.Package);
    }

    [Fact]
    public void Why_ReflinkedFile_IsShared()
    {
        _image = LoopImage.Mount("xfs", _prefix.Paths.VServers);
        MakeTwo();
        TrialHost.Run("cp", "--reflink=always", Tree("a") + "/usr/same", Tree("b") + "/usr/same");
        Assert.Equal("shared", Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", "/usr/same")[0].Reason);
    }

    /// <summary>It must stay one file, whatever method there is: nobody is told to ask for one.</summary>
    [Fact]
    public void Why_SeveralNamesInOneVServer_AreToStayOneFile()
    {
        MakeTwo();
        TrialHost.Run("ln", Tree("a") + "/usr/same", Tree("a") + "/usr/again");
        Assert.Equal("hard-linked", Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", "/usr/same")[0].Reason);
    }

    [Fact]
    public void Why_FileWithoutABlock_CannotBeShared()
    {
        _image = LoopImage.Mount("btrfs", _prefix.Paths.VServers);
        MakeTwo();
        TrialHost.Run("sync", "-f", Tree("a"));
        Assert.Equal("inline", Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", "/usr/same")[0].Reason);
    }

    [Fact]
    public void Why_NameLongerThanAny_IsNotFound()
    {
        MakeTwo();
        Assert.Equal(ProblemCode.NotFound, Assert.Throws<ProblemException>(() => Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", "/usr/" + new string('x', 300))).Code);
    }

    [Theory]
    [InlineData("/usr/none", ProblemCode.NotFound)]
    [InlineData("/usr", ProblemCode.InvalidArgument)]
    [InlineData("/usr/outside", ProblemCode.NotFound)]
    public void Why_NoFile_IsAProblem(string path, ProblemCode code)
    {
        MakeTwo();
        File.WriteAllText(_prefix.Directory + "/secret", "x");
        File.CreateSymbolicLink(Tree("a") + "/usr/outside", _prefix.Directory + "/secret");
        Assert.Equal(code, Assert.Throws<ProblemException>(() => Items<SharingAnswer>(ItemKinds.SharingAnswer, "a", "--why", path)).Code);
    }

    private string Tree(string name) => _prefix.Paths.TreeOf(VServerName.Parse(name));

    private List<T> Items<T>(string kind, params string[] arguments)
    {
        var report = new RecordingReporter();
        new VFilesTool().Run(arguments, _prefix.Call("vfiles") with { Report = report, Options = new GlobalOptions { Json = true } });
        return [.. report.All<ItemEvent>().Where(e => e.Kind == kind).Select(e => WireProtocol.FromElement<T>(e.Data))];
    }

    private void MakeTwo()
    {
        foreach (var name in (string[])["a", "b"])
        {
            File.WriteAllText(_prefix.Paths.ConfOf(VServerName.Parse(name)), "");
            Directory.CreateDirectory(Tree(name) + "/usr/bin");
            Directory.CreateDirectory(Tree(name) + "/usr/lib");
            Directory.CreateDirectory(Tree(name) + "/etc");
            Directory.CreateDirectory(Tree(name) + "/var/lib/dpkg/info");
            File.WriteAllText(Tree(name) + "/usr/same", "the same");
            File.WriteAllText(Tree(name) + "/usr/differs", "only in " + name);
            File.WriteAllText(Tree(name) + "/usr/mode", "mode");
            File.WriteAllText(Tree(name) + "/usr/attribute", "attribute");

            // those of hard links must have one time
            TrialHost.Run("find", Tree(name) + "/usr", "-type", "f", "-exec", "touch", "-d", "@1600000000", "{}", "+");
        }

        File.CreateSymbolicLink(Tree("a") + "/bin", "usr/bin");
        File.WriteAllText(Tree("a") + "/etc/motd", "hello");
        File.WriteAllText(Tree("a") + "/usr/bin/su", "su");
        TrialHost.Run("chmod", "4755", Tree("a") + "/usr/bin/su");
        File.WriteAllText(Tree("a") + "/usr/lib/tool.conf", "key=value");
        File.WriteAllText(Tree("a") + "/usr/empty", "");
        File.WriteAllText(Tree("a") + "/usr/alone", "nobody else has it");
        TrialHost.Run("chmod", "600", Tree("b") + "/usr/mode");
        TrialHost.Run("setfattr", "-n", "user.x", "-v", "1", Tree("b") + "/usr/attribute");
        File.WriteAllText(Tree("a") + "/usr/linked", "one file");
        TrialHost.Run("ln", Tree("a") + "/usr/linked", Tree("b") + "/usr/linked");
        File.WriteAllText(Tree("a") + "/var/lib/dpkg/status", "Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\nConffiles:\n /usr/lib/tool.conf d41d8cd98f00b204e9800998ecf8427e\nDescription: a tool\n");
        File.WriteAllText(Tree("a") + "/var/lib/dpkg/info/tool.list", "/.\n/usr\n/usr/lib\n/usr/lib/tool.conf\n");
        File.WriteAllText(Tree("a") + "/var/lib/dpkg/info/tool.conffiles", "/usr/lib/tool.conf\n");
    }
}
