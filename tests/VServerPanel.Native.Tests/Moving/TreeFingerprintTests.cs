using VServerPanel.Native.Moving.Verifying;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>The comparison before a vserver is handed over: whatever differs is seen.</summary>
public sealed class TreeFingerprintTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public TreeFingerprintTests() => Assert.SkipUnless(Environment.UserName == "root", "owners, devices and capabilities need root");

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void Fingerprint_OfACopy_IsTheSame()
    {
        var (one, other) = MakeTwo();
        Assert.Equal(Of(one, withContents: true), Of(other, withContents: true));
        Assert.NotEqual(Of(one, withContents: true).Digest, Of(one, withContents: false).Digest);

        // marks of files that a host shares are its own
        TrialHost.Run("setfattr", "-n", "trusted.vserver.shared", "-v", "x", other + "/a");
        Assert.Equal(Of(one), Of(other));
    }

    [Theory]
    [InlineData("chmod 601 a")]
    [InlineData("chmod u+s a")]
    [InlineData("chmod 701 d")]
    [InlineData("chmod 701 .")]
    [InlineData("chown 5 a")]
    [InlineData("chown :5 d")]
    [InlineData("chown -h 5 link")]
    [InlineData("touch -d '2001-02-03 04:05:06.000000001' a")]
    [InlineData("touch -h -d 2001-02-04 link")]
    [InlineData("setfattr -n user.x -v z a")]
    [InlineData("setfattr -x user.x a")]
    [InlineData("setfattr -n user.y -v y a")]
    [InlineData("setfacl -m u:1235:r d")]
    [InlineData("setcap -r a")]
    [InlineData("echo more >> a; touch -d 2001-02-03 a")]
    [InlineData("rm b; cp -a a b; touch -d 2001-02-03 .")]
    [InlineData("rm b; ln d/c b; touch -d 2001-02-03 . d")]
    [InlineData("ln -sfn elsewhere link; touch -h -d 2001-02-03 link .")]
    [InlineData("rm null; mknod null c 1 5; touch -d 2001-02-03 null .")]
    [InlineData("rm fifo; touch fifo; chmod 644 fifo; touch -d 2001-02-03 fifo .")]
    [InlineData("mv d/c d/e; touch -d 2001-02-03 d")]
    [InlineData("mkdir new; touch -d 2001-02-03 new .")]
    [InlineData("rm d/c; touch -d 2001-02-03 d")]
    public void Fingerprint_OfOtherMetadata_IsAnother(string change)
    {
        var (one, other) = MakeTwo();
        TrialHost.Run("sh", "-ec", $"cd {other}; {change}");
        Assert.NotEqual(Of(one).Digest, Of(other).Digest);
    }

    [Fact]
    public void Fingerprint_OtherContentOfEqualSizeAndTime_IsAnotherWithContentsOnly()
    {
        var (one, other) = MakeTwo();
        using (var file = File.OpenHandle(other + "/a", FileMode.Open, FileAccess.Write))
        {
            RandomAccess.Write(file, "X"u8, 3);
        }

        TrialHost.Run("touch", "-d", "2001-02-03", other + "/a");
        TrialHost.Run("setcap", "cap_net_raw+ep", other + "/a");
        Assert.Equal(Of(one), Of(other));
        Assert.NotEqual(Of(one, withContents: true).Digest, Of(other, withContents: true).Digest);
    }

    [Fact]
    public void Fingerprint_NamesOutsideOfTheTree_AreNoneOfIt()
    {
        // a unified vserver has links to others' files, its copy has none
        var (one, other) = MakeTwo();
        TrialHost.Run("ln", one + "/d/c", _prefix.Directory + "/c");
        TrialHost.Run("ln", one + "/a", _prefix.Directory + "/a");
        Assert.Equal(Of(one, withContents: true), Of(other, withContents: true));
    }

    [Theory]
    [InlineData("1 2|3 4")]
    [InlineData("1 3|2 4")]
    [InlineData("1 4|2 3")]
    [InlineData("1 2 3|4")]
    [InlineData("1 2 3 4")]
    [InlineData("1|2|3|4")]
    public void Fingerprint_OtherNamesOfOneFile_IsAnother(string groups)
    {
        // equal in everything but which of the names are one file
        string Make(string name, string parts)
        {
            var tree = $"{_prefix.Paths.VServers}/{name}";
            Directory.CreateDirectory(tree);
            foreach (var part in parts.Split('|'))
            {
                var names = part.Split(' ');
                TrialHost.Run("sh", "-ec", $"cd {tree}; echo same > {names[0]}; touch -d 2001-02-03 {names[0]}; for n in {string.Join(' ', names[1..])}; do ln {names[0]} $n; done");
            }

            TrialHost.Run("touch", "-d", "2001-02-03", tree);
            return tree;
        }

        string[] all = ["1 2|3 4", "1 3|2 4", "1 4|2 3", "1 2 3|4", "1 2 3 4", "1|2|3|4"];
        var one = Of(Make("wanted", groups)).Digest;
        foreach (var other in all)
        {
            var digest = Of(Make($"t{Array.IndexOf(all, other)}", other)).Digest;
            Assert.True(digest == one == (other == groups), $"{groups} and {other}");
        }
    }

    [Fact]
    public void Fingerprint_ManyDirectories_IsTheSameEachTime()
    {
        var (one, other) = MakeTwo();
        TrialHost.Run("sh", "-ec", $"""
            cd {one}; for i in $(seq 300); do mkdir -p x$((i % 7))/$i/y; echo $i > x$((i % 7))/$i/y/f; ln x$((i % 7))/$i/y/f x$((i % 7))/g$i; setfattr -n user.n -v $i x$((i % 7))/$i; done
            touch "$(printf 'not\377utf8')" "$(printf 'line\nfeed')"; rm -r {other}; cp -a --reflink=never {one} {other}
            """);
        var first = Of(one, withContents: true);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(first, Of(other, withContents: true));
        }

        Assert.Equal(long.Parse(TrialHost.Run("sh", "-c", $"find {one} -mindepth 1 -print0 | tr -dc '\\0' | wc -c"), System.Globalization.CultureInfo.InvariantCulture), first.Entries);
        Assert.Equal(long.Parse(TrialHost.Run("sh", "-c", $"find {one} -type f -printf '%i %s\n' | sort -u | awk '{{s+=$2}} END {{print s}}'"), System.Globalization.CultureInfo.InvariantCulture), first.Bytes);
    }

    [Fact]
    public void Fingerprint_CannotBeRead_IsAnError()
    {
        var (one, _) = MakeTwo();
        Assert.Throws<Native.Interop.ErrnoException>(() => Of(one + "/no-such"));
        Assert.Throws<Native.Interop.ErrnoException>(() => Of(one + "/link"));
    }

    [Fact]
    public void Fingerprint_SymlinkToAnotherTree_IsNotFollowed()
    {
        var (one, other) = MakeTwo();
        Directory.CreateDirectory(_prefix.Directory + "/outside");
        foreach (var tree in (string[])[one, other])
        {
            File.CreateSymbolicLink(tree + "/out", _prefix.Directory + "/outside");
            TrialHost.Run("touch", "-h", "-d", "2001-02-03", tree + "/out", tree);
        }

        var before = Of(one, withContents: true);
        File.WriteAllText(_prefix.Directory + "/outside/file", "x");
        Assert.Equal(before, Of(other, withContents: true));
    }

    private (string One, string Other) MakeTwo()
    {
        var (one, other) = (_prefix.Paths.VServers + "/one", _prefix.Paths.VServers + "/other");
        TrialHost.Run("sh", "-ec", $"""
            mkdir {one}; cd {one}; mkdir d; head -c 300000 /dev/zero > a; echo c > d/c; ln a b; ln -s d/c link; mknod null c 1 3; mkfifo fifo; chmod 644 fifo
            setfattr -n user.x -v y a; setfacl -m u:1234:rw d; setcap cap_net_raw+ep a; touch -h -d 2001-02-03 a d/c d link null fifo .
            cp -a --reflink=never {one} {other}
            """);
        return (one, other);
    }

    private static TreeFingerprint Of(string tree, bool withContents = false) => TreeFingerprint.Of(tree, withContents, TestContext.Current.CancellationToken);
}
