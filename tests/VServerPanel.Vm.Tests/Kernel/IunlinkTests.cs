using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>A file that alpha and beta share by a hard link.</summary>
public abstract class IunlinkTests(StockMachine machine)
{
    private const string Describe = "stat -c '%i %h %a %u %g %s %Y %Z' /vservers/beta/srv/$n; md5sum < /vservers/beta/srv/$n; getfattr -d -m - --absolute-names /vservers/beta/srv/$n; lsattr /vservers/beta/srv/$n";

    [Fact]
    public void Change_SharedFile_IsRefusedInAVServer()
    {
        var before = Share("refused");
        Assert.All(Lines("alpha", "file /srv/refused"), l => Assert.EndsWith(l.StartsWith("map ", StringComparison.Ordinal) ? " EACCES" : " EPERM", l, StringComparison.Ordinal));
        Assert.Equal(before, machine.Expect($"n=refused; {Describe}"));
    }

    [Fact]
    public void Names_SharedFile_MayBeReadLinkedRenamedAndReplaced()
    {
        Share("names");
        Assert.Equal(["read ok", "link ok", "rename ok", "unlink ok", "fresh ok", "replace ok", "write-after ok"], Lines("alpha", "names /srv/names"));
        Assert.Equal("hello\nfresh\n", machine.Expect("cat /vservers/beta/srv/names /vservers/alpha/srv/names"));
    }

    [Fact]
    public void Change_LastLink_IsAnOrdinaryFile()
    {
        Share("last");
        machine.Expect("rm /vservers/beta/srv/last");
        AssertAllowed(Lines("alpha", "file /srv/last"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+A")]
    [InlineData("+S")]
    public void Change_LinkedFileWithoutTheMark_IsAnOrdinaryFile(string flags)
    {
        var name = "unmarked" + flags;
        Share(name, flags);
        AssertAllowed(Lines("alpha", $"file /srv/{name}"));
    }

    [Fact]
    public void Change_SharedFileFromTheHost_IsAllowed()
    {
        Share("hosts");
        AssertAllowed(Lines("host", "file /vservers/alpha/srv/hosts"));
    }

    [Fact]
    public void Start_SharedFilesAndNoProtection_SaysSoAndShowsIt()
    {
        Share("lonely");
        var output = machine.Expect("""
            bare=$(mktemp -d)
            cp "$(dirname "$COMMAND")"/{vserver,*.so,ipv4root.bpf.o,isolation*.bpf.o} $bare
            vserver bare build --method tar --source small.tar > /dev/null 2>&1
            mkdir -p /vservers/bare/srv /var/lib/vservers/unification
            $bare/vserver bare start 2>&1 | grep -c "hard links" || true
            vserver bare stop > /dev/null 2>&1
            ln /vservers/alpha/srv/lonely /vservers/bare/srv/lonely
            $bare/vserver bare start 2>&1 | grep -o "bare shares files by hard links ([^)]*)"
            vserver --as vserver-stat | grep -o "It shares files by hard links"
            vserver bare stop > /dev/null 2>&1
            vserver bare start 2>&1 | grep -c "hard links" || true
            vserver bare stop > /dev/null 2>&1
            vserver bare delete --confirm bare --now > /dev/null 2>&1
            rm -r $bare /var/lib/vservers/unification
            """, seconds: 180);
        Assert.Equal("0\nbare shares files by hard links (/srv/lonely is one)\nIt shares files by hard links\n0\n", output);
    }

    /// <summary>Links a fresh file into both trees.</summary>
    private string Share(string name, string flags = "+A +S") => machine.WithVServers().Expect($"""
        n={name}
        mkdir -p /vservers/alpha/srv /vservers/beta/srv
        echo hello > /vservers/alpha/srv/$n
        setfattr -n user.old -v 1 /vservers/alpha/srv/$n
        ln /vservers/alpha/srv/$n /vservers/beta/srv/$n
        {(flags.Length > 0 ? $"chattr {flags} /vservers/alpha/srv/$n" : "")}
        {Describe}
        """);

    private string[] Lines(string who, string words) => machine.Probe(who, words).Split('\n');

    // a file that was opened for reading is nobody's to map for writing
    private static void AssertAllowed(string[] lines)
    {
        Assert.Equal(21, lines.Length);
        Assert.All(lines, l => Assert.EndsWith(l.StartsWith("map ", StringComparison.Ordinal) ? " EACCES" : " ok", l, StringComparison.Ordinal));
    }
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61IunlinkTests(Debian61Machine machine) : IunlinkTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612IunlinkTests(Debian612Machine machine) : IunlinkTests(machine);

[Collection(WithoutBpfLsmMachine.Name)]
public sealed class WithoutBpfLsmIunlinkTests(WithoutBpfLsmMachine machine) : IunlinkTests(machine);
