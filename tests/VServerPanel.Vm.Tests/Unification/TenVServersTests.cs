using System.Runtime.CompilerServices;
using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Unification;

/// <summary>Ten vservers, unified by hard links while some of them run, then upgraded, purged, deleted and unified again: whatever is done to one, no file of
/// another changes.</summary>
public abstract class TenVServersTests(StockMachine machine)
{
    private const string All = "v1 v2 v3 v4 v5 v6 v7 v8 v9 v10";

    // what unification must not change: all but inodes, how many names they have, and our own mark
    private const string WithoutInodes = """sed -E -e 's/^(\.\S*) [0-9]+ /\1 /' -e '/^trusted\.vserver/d' -e '/^# file:/d' -e '/^$/d'""";

    [Fact]
    public void Unify_TenVServers_StayIndependent()
    {
        machine.WithVServers();
        File.Copy(Here() + "/ten-vservers", machine.Exchange + "/ten-vservers", overwrite: true);
        machine.Expect("/vm/exchange/ten-vservers make; for i in 1 2 4; do vserver v$i start > /dev/null 2>&1; done", seconds: 300);
        Describe("apart", All);

        // by package, then the rest by content
        machine.Expect($"vserver --as vunify --method hardlink {All} -- a b c", seconds: 120);
        Assert.Equal("10 10 10 1 1 1\n", Links("usr/lib/a/1 usr/lib/b/constant usr/bin/c etc/a.conf opt/ours/data bin/bash"));
        machine.Expect($"vserver --as vunify --method hardlink {All}", seconds: 180);
        Assert.Equal("10 10 10 1 10 10 1\n", Links("usr/lib/a/1 usr/lib/b/constant usr/bin/c etc/a.conf opt/ours/data bin/bash bin/mount"));
        Describe("unified", All);
        machine.Expect($"for n in {All}; do diff <({WithoutInodes} /tmp/apart/$n) <({WithoutInodes} /tmp/unified/$n); done");

        // a hostile root: each way to change one file, and each file to be written to
        Assert.All(
            machine.Expect("vserver v4 exec /root/probe file /usr/lib/a/1").TrimEnd().Split('\n'),
            l => Assert.EndsWith(l.StartsWith("map ", StringComparison.Ordinal) ? " EACCES" : " EPERM", l, StringComparison.Ordinal));
        Assert.Matches(@"\A\s*\d{3,} Operation not permitted\n\z", machine.Expect("""
            echo 'for f; do true >> $f && echo written; done' > /vservers/v4/root/write
            vserver v4 exec sh -c 'find / -xdev -type f -links +1 -exec sh /root/write {} + 2>&1' | grep -o 'Operation not permitted\|written' | sort | uniq -c
            """, seconds: 120));
        AssertSame("v1 v2 v3 v5 v6 v7 v8 v9 v10");

        // upgraded in one, purged in another, a third deleted
        var output = machine.Run("vserver v1 exec sh -c 'dpkg --force-unsafe-io -i /root/packages/*.deb' 2>&1", seconds: 180);
        Assert.True(output.ExitCode == 0, output.Output);
        Assert.Contains("Unpacking b (2) over (1)", output.Output, StringComparison.Ordinal);
        machine.Expect("vserver v2 exec dpkg --force-unsafe-io --purge b > /dev/null 2>&1; vserver v3 delete --confirm v3 --now > /dev/null 2>&1; [ ! -e /vservers/v3 ]", seconds: 120);
        AssertSame("v5 v6 v7 v8 v9 v10");
        Assert.Equal("a 2\na 1\n", machine.Expect("for i in 1 4; do vserver v$i exec a; done"));
        Assert.Equal("", machine.Expect("""
            [ ! -e /vservers/v2/usr/lib/b ]
            diff /tmp/unified/v2 <(/vm/exchange/ten-vservers describe v2) | grep '^[<>]' | grep -vE '\./(usr/bin|usr/lib|etc|usr/bin/b|usr/lib/b(/\S*)?|etc/b\.conf|var/\S*)( |$)|^[<>] ?(trusted\.vserver|# file: usr/(bin/b$|lib/b/)|$)' || true
            """, seconds: 60));

        // "to regain unification": another is upgraded too
        machine.Expect("vserver v4 exec sh -c 'dpkg --force-unsafe-io -i /root/packages/*.deb' > /dev/null 2>&1", seconds: 180);
        machine.Expect("""
            [ ! /vservers/v1/usr/lib/a/1 -ef /vservers/v4/usr/lib/a/1 ]
            vserver --as vunify --method hardlink v1 v4 v5 -- a b c
            for f in a/1 b/new; do [ /vservers/v1/usr/lib/$f -ef /vservers/v4/usr/lib/$f ]; done
            [ ! /vservers/v1/usr/lib/a/1 -ef /vservers/v5/usr/lib/a/1 ]
            """, seconds: 120);
        AssertSame("v6 v7 v8 v9 v10");

        // one of its own again
        machine.Expect($$"""
            vserver v5 deunify
            [ -z "$(find /vservers/v5 -xdev -type f -links +1)" ]
            [ -z "$(lsattr -R /vservers/v5 2> /dev/null | awk '$1 ~ "^[^/]*[SA]"')" ]
            diff <({{WithoutInodes}} /tmp/unified/v5) <(/vm/exchange/ten-vservers describe v5 | {{WithoutInodes}})
            """, seconds: 180);
        AssertSame("v6 v7 v8 v9 v10");
        machine.Expect("for i in 1 2 4; do vserver v$i stop > /dev/null 2>&1; done", seconds: 120);
    }

    private void Describe(string directory, string names) => machine.Expect($"mkdir /tmp/{directory}; for n in {names}; do /vm/exchange/ten-vservers describe $n > /tmp/{directory}/$n; done", seconds: 240);

    private void AssertSame(string names) => machine.Expect($"for n in {names}; do /vm/exchange/ten-vservers describe $n | diff /tmp/unified/$n -; done", seconds: 180);

    private string Links(string files) => machine.Expect($"cd /vservers/v7; stat -c %h {files} | xargs");

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61TenVServersTests(Debian61Machine machine) : TenVServersTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612TenVServersTests(Debian612Machine machine) : TenVServersTests(machine);
