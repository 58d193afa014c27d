using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Packages;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Packages;

public sealed class DpkgDatabaseTests : IDisposable
{
    private const string Info = "var/lib/dpkg/info";

    private readonly PrivatePrefix _prefix = new();
    private readonly SafeFileHandle _root;

    public DpkgDatabaseTests()
    {
        Directory.CreateDirectory($"{Tree}/{Info}");
        _root = Libc.open(Tree, Libc.O_PATH | Libc.O_DIRECTORY);
    }

    private string Tree => _prefix.Directory + "/tree";

    public void Dispose()
    {
        _root.Dispose();
        _prefix.Dispose();
    }

    [Fact]
    public void Open_NoDatabase_IsNull()
    {
        Assert.Null(PackageDatabases.FormatOf(_root));
        Assert.Null(PackageDatabases.Open(_root));
    }

    [Fact]
    public void Packages_AllStates_AreThoseWithFiles()
    {
        var states = (string[])["not-installed", "config-files", "half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending", "installed"];
        Status(string.Concat(states.Select(s => Paragraph($"p-{s}", state: s))));

        using var database = PackageDatabases.Open(_root)!;

        Assert.Equal(["p-unpacked", "p-half-configured", "p-triggers-awaited", "p-triggers-pending", "p-installed"], database.Packages.Select(p => p.Name));
        Assert.Equal([false, false, true, true, true], database.Packages.Select(p => p.IsComplete));
        Assert.Equal(new InstalledPackage(PackageFormat.Dpkg, "p-installed", "1.0-1", "amd64", "one line"), database.Packages[^1]);
    }

    [Fact]
    public void FilesOf_MergedUsr_AreWhereTheyLie()
    {
        Directory.CreateDirectory(Tree + "/usr/bin");
        Directory.CreateDirectory(Tree + "/usr/share/real");
        File.CreateSymbolicLink(Tree + "/bin", "usr/bin");
        File.CreateSymbolicLink(Tree + "/usr/share/linked", "/usr/share/real");
        File.CreateSymbolicLink(Tree + "/out", "../../../../../../../etc");
        Status(Paragraph("coreutils"));
        List("coreutils:amd64.list", "/.", "/bin", "/bin/ls", "/usr", "/usr/share", "/usr/share/linked", "/usr/share/linked/deep.txt", "/out/passwd", "/gone/file", "/../../etc/shadow", "//etc//x", "/top");
        Assert.Equal(["usr/bin/ls", "usr/share/real/deep.txt", "out/passwd", "gone/file", "top"], FilesOf("coreutils"));
    }

    [Fact]
    public void FilesOf_ConffilesAndDiversions_AreTold()
    {
        Status(Paragraph("dash", architecture: "amd64"));
        List("dash.list", "/.", "/bin", "/bin/sh", "/etc", "/etc/dash.conf", "/etc/old.conf", "/usr/share/man");
        List("dash.conffiles", "/etc/dash.conf", "remove-on-upgrade /etc/old.conf");
        File.WriteAllText(Tree + "/var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\nbash\n/usr/share/man\n/nowhere\ndash\n");

        using var database = PackageDatabases.Open(_root)!;

        Assert.Equal(
            [new PackageFile("bin/sh.distrib", false), new PackageFile("etc/dash.conf", true), new PackageFile("etc/old.conf", true), new PackageFile("usr/share/man", false)],
            database.FilesOf(database.Packages[0]));
    }

    [Fact]
    public void FilesOf_NamesThatAreNoUtf8_CanBeOpenedAgain()
    {
        Status(Paragraph("odd"));
        File.WriteAllBytes($"{Tree}/{Info}/odd.list", [.. "/caf"u8, 0xE9, (byte)'\n', .. "/Grüße\n"u8]);
        Assert.Equal(["caf\uDCE9", "Grüße"], FilesOf("odd"));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("socket")]
    [InlineData("directory")]
    [InlineData("loop")]
    [InlineData("host")]
    [InlineData("device")]
    public void Open_NoFileOfText_HasNoPackages(string what)
    {
        var path = Tree + "/var/lib/dpkg/status";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        switch (what)
        {
            case "fifo":
                TrialHost.Run("mkfifo", path);
                break;
            case "socket":
                socket.Bind(new UnixDomainSocketEndPoint(path));
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "loop":
                File.CreateSymbolicLink(path, "status");
                break;
            case "host":
                File.WriteAllText(_prefix.Directory + "/status", Paragraph("of-the-host"));
                File.CreateSymbolicLink(path, "../../../../status");
                break;
            default:
                Assert.SkipUnless(Environment.UserName == "root", "making a device needs root");
                TrialHost.Run("mknod", path, "c", "1", "5");
                break;
        }

        using var database = PackageDatabases.Open(_root);
        Assert.Empty(database?.Packages ?? []);
    }

    [Fact]
    public void Packages_EndlessLines_AreLeftOutAndCostNoMemory()
    {
        using (var file = File.Create(Tree + "/var/lib/dpkg/status"))
        {
            file.Write(Encoding.ASCII.GetBytes(Paragraph("first") + "Package: "));
            file.SetLength(48 << 20);
            file.Position = file.Length;
            file.Write(Encoding.ASCII.GetBytes("\n\n" + Paragraph("last")));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var database = PackageDatabases.Open(_root)!;
        Assert.Equal(["first", "last"], database.Packages.Select(p => p.Name));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Packages_NamesThatArePaths_AreNotBelieved()
    {
        Status(Paragraph("../../../../etc/passwd") + Paragraph("a/b") + Paragraph("ok", architecture: "../..") + Paragraph("-x") + Paragraph("") + Paragraph("g++-12"));
        using var database = PackageDatabases.Open(_root)!;
        Assert.Equal(["g++-12"], database.Packages.Select(p => p.Name));
    }

    [Fact]
    public void Packages_ControlCharacters_AreHarmless()
    {
        Status(Paragraph("x", version: "1\u001b[2J", summary: "red \u001b[31m"));
        using var database = PackageDatabases.Open(_root)!;
        Assert.Equal(("1\ufffd[2J", "red \ufffd[31m"), (database.Packages[0].Version, database.Packages[0].Summary));
    }

    [Fact]
    public void FilesOf_OneSparseListForEveryPackage_EndsSoon()
    {
        Status(string.Concat(Enumerable.Range(0, 500).Select(i => Paragraph($"p{i}"))));
        using (var file = File.Create($"{Tree}/{Info}/p0.list"))
        {
            file.SetLength(1L << 40);
        }

        for (var i = 1; i < 500; i++)
        {
            File.CreateSymbolicLink($"{Tree}/{Info}/p{i}.list", "p0.list");
        }

        using var database = PackageDatabases.Open(_root)!;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, database.Packages.Sum(p => database.FilesOf(p).Count()));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void Packages_RandomBytes_NeverThrow()
    {
        var random = new Random(4711);
        var seed = Encoding.ASCII.GetBytes(Paragraph("one") + "Conffiles:\n /etc/x 0123\n\n" + Paragraph("two"));
        for (var round = 0; round < 300; round++)
        {
            var bytes = seed.ToArray();
            for (var i = 0; i < 20; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Tree + "/var/lib/dpkg/status", bytes);
            File.WriteAllBytes($"{Tree}/{Info}/one.list", bytes);
            using var database = PackageDatabases.Open(_root)!;
            Assert.All(database.Packages, p => Assert.All(database.FilesOf(p), f => Assert.DoesNotContain("..", f.Path.Split('/'))));
        }
    }

    [Fact]
    public void Open_ThisHost_AgreesWithDpkg()
    {
        Assert.SkipWhen(ChildProcess.Find("dpkg-query") is null, "the host has no dpkg");
        using var host = Libc.open("/", Libc.O_PATH | Libc.O_DIRECTORY);
        using var database = PackageDatabases.Open(host)!;

        var expected = TrialHost.Run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\\n").Split('\n').Where(l => l.StartsWith("installed ", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(expected, database.Packages.Where(p => p.IsComplete).Select(p => $"installed {p.Name} {p.Version} {p.Architecture}").Order(StringComparer.Ordinal));

        // dpkg says /bin/ls, and the file is /usr/bin/ls; each file of dpkg's own package is there under the name that we give
        var coreutils = database.Packages.Single(p => p.Name == "coreutils");
        Assert.Contains(File.ResolveLinkTarget("/bin", returnFinalTarget: true) is null ? "bin/ls" : "usr/bin/ls", database.FilesOf(coreutils).Select(f => f.Path));
        var dpkg = database.FilesOf(database.Packages.Single(p => p.Name == "dpkg")).ToList();
        Assert.True(dpkg.Count > 20);
        Assert.All(dpkg.Where(f => f.Path.StartsWith("usr/bin/", StringComparison.Ordinal)), f => Assert.True(File.Exists("/" + f.Path), f.Path));
        Assert.Contains(new PackageFile("etc/dpkg/dpkg.cfg", true), dpkg);
    }

    private List<string> FilesOf(string name)
    {
        using var database = PackageDatabases.Open(_root)!;
        return [.. database.FilesOf(database.Packages.Single(p => p.Name == name)).Select(f => f.Path)];
    }

    private void Status(string text) => File.WriteAllText(Tree + "/var/lib/dpkg/status", text);

    private void List(string name, params string[] lines) => File.WriteAllText($"{Tree}/{Info}/{name}", string.Concat(lines.Select(l => l + "\n")));

    private static string Paragraph(string name, string version = "1.0-1", string architecture = "amd64", string state = "installed", string summary = "one line") =>
        $"Package: {name}\nStatus: install ok {state}\nPriority: optional\nArchitecture: {architecture}\nMulti-Arch: same\nVersion: {version}\nDescription: {summary}\n more of it\n .\n and more\n\n";
}
