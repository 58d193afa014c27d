using System.Text;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Tests.Configuration;

public sealed class ConfFileTests
{
    private const string Classic =
        """
        # Description: Web server of the shop
        if [ "$PROFILE" = "" ] ; then
            PROFILE=prod
        fi
        # Select the IP number assigned to the virtual server
        IPROOT="10.0.0.2 eth1:10.1.0.2/24"
        IPROOTDEV=eth0 # the first card
        #IPROOTMASK=
        ONBOOT='yes'
        export S_HOSTNAME=shop.example.org S_DOMAINNAME="none"; PRIORITY=50
        ULIMIT="-H -u 1000"
        S_CAPS="CAP_NET_RAW \
        !CAP_CHOWN"

        """;

    private const string Profiles =
        """
        ONBOOT=no
        case $PROFILE in
        prod)
            # the rack
            IPROOT=1.2.3.4
            S_HOSTNAME=prod
            ;;
        backup|test)
            IPROOT="192.168.1.3"
            ;;
        *) S_HOSTNAME=other
        esac
        S_NICE=3

        """;

    [Fact]
    public void Get_ClassicFile_ReadsWhatTheShellRead()
    {
        var conf = ConfFile.Parse(Classic);
        Assert.Equal("10.0.0.2 eth1:10.1.0.2/24", conf.Get("IPROOT"));
        Assert.Equal("eth0", conf.Get("IPROOTDEV"));
        Assert.Null(conf.Get("IPROOTMASK"));
        Assert.Equal("yes", conf.Get("ONBOOT"));
        Assert.Equal("shop.example.org", conf.Get("S_HOSTNAME"));
        Assert.Equal("none", conf.Get("S_DOMAINNAME"));
        Assert.Equal("50", conf.Get("PRIORITY"));
        Assert.Equal("CAP_NET_RAW !CAP_CHOWN", conf.Get("S_CAPS"));
        Assert.Equal("Web server of the shop", conf.Description);
        var finding = Assert.Single(conf.Findings);
        Assert.Equal((2, false), (finding.Line, finding.IsError));
    }

    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("A=b#c", "b#c")]
    [InlineData("A=b #c", "b")]
    [InlineData("A=", "")]
    [InlineData("A=\"\"", "")]
    [InlineData("A=1;A=2", "2")]
    [InlineData("A=1 A=2", "2")]
    [InlineData("A='x\"$y`z\\'", "x\"$y`z\\")]
    [InlineData("A=\"\\$ \\` \\\" \\\\ \\n '\"", "$ ` \" \\ \\n '")]
    [InlineData("A=a\\ b\\$c", "a b$c")]
    [InlineData("A=\"a\\\nb\"", "ab")]
    [InlineData("A=\"a\nb\"", "a\nb")]
    [InlineData("A=a'b c'\"d e\"f", "ab cd ef")]
    [InlineData("A=5$", "5$")]
    [InlineData("A=fe80::1/64", "fe80::1/64")]
    [InlineData("A=yes\r\n", "yes")]
    [InlineData("\uFEFFA=yes", "yes")]
    [InlineData("  \tA=1", "1")]
    [InlineData("export A=1 B", "1")]
    [InlineData("A=$(rm -rf /)", null)]
    [InlineData("A=`id`", null)]
    [InlineData("A=\"$HOME\"", null)]
    [InlineData("A=${B}", null)]
    [InlineData("A=~root", null)]
    [InlineData("A=$\\\nB", null)]
    [InlineData("A=\\\n~root", null)]
    [InlineData("A=1\nA=$B", null)]
    [InlineData("A= b", null)]
    [InlineData("A = b", null)]
    [InlineData("A=b command", null)]
    [InlineData("A=b | c", null)]
    [InlineData("A=b &", null)]
    [InlineData("A=b >file", null)]
    [InlineData("A=(1 2)", null)]
    [InlineData("A+=b", null)]
    [InlineData("false && A=b", null)]
    [InlineData("false &&\nA=b", null)]
    [InlineData("if true\nthen A=b\nfi", null)]
    [InlineData("f() {\nA=b\n}", null)]
    [InlineData("f()\n{\nA=b\n}", null)]
    [InlineData("(A=b)", null)]
    [InlineData("while true; do\nA=b\ndone", null)]
    [InlineData("cat <<X\nA=b\nX", null)]
    [InlineData("cat <<-'X'\nA=b\n\tX", null)]
    [InlineData("echo \"\nA=b\n\"", null)]
    [InlineData("echo $(\nA=b\n)", null)]
    [InlineData("echo 'open\nA=b", null)]
    [InlineData("case $1 in\nx) A=b;;\nesac", null)]
    [InlineData("#A=b", null)]
    [InlineData("A=b\0c", null)]
    [InlineData("true; A=1", "1")]
    [InlineData("echo ` A=1\nA=2 `; A=3", "3")]
    [InlineData("cat <<X; A=1\nA=2\nX\n", "1")]
    [InlineData("echo hi &\nA=1", "1")]
    public void Get_AnyForm_IsTheShellsValueOrNull(string text, string? expected)
    {
        var conf = ConfFile.Parse(text);
        Assert.Equal(expected, conf.Get("A"));
        Assert.Equal(text, conf.Text);
    }

    [Fact]
    public void Findings_WhatIsNotRead_IsReportedWithItsLine()
    {
        var findings = ConfFile.Parse("A=1\nrm -rf /\n\nB=$(id)\nC = 1\nD=`\n").Findings;
        Assert.Equal([2, 4, 5, 6], findings.Select(f => f.Line));
        Assert.Equal("B", findings[1].Key);
        Assert.True(findings[3].IsError);
    }

    [Fact]
    public void Get_Profiles_TakesTheBranch()
    {
        var conf = ConfFile.Parse(Profiles);
        Assert.Equal(["prod", "backup", "test"], conf.Profiles);
        Assert.Equal(("1.2.3.4", "prod"), (conf.Get("IPROOT"), conf.Get("S_HOSTNAME")));
        Assert.Equal(("192.168.1.3", null), (conf.Get("IPROOT", "test"), conf.Get("S_HOSTNAME", "test")));
        Assert.Equal((null, "other"), (conf.Get("IPROOT", "elsewhere"), conf.Get("S_HOSTNAME", "elsewhere")));
        Assert.Equal("3", conf.Get("S_NICE", "backup"));
        Assert.Empty(conf.Findings);
    }

    [Fact]
    public void Set_Profile_ChangesItsBranchOnly()
    {
        var conf = ConfFile.Parse(Profiles);
        conf.Set("IPROOT", "9.9.9.9", "backup");
        Assert.Equal(Profiles.Replace("192.168.1.3", "9.9.9.9", StringComparison.Ordinal), conf.Text);
        conf.Set("S_HOSTNAME", "spare", "backup");
        Assert.Equal(("prod", "spare", "other"), (conf.Get("S_HOSTNAME"), conf.Get("S_HOSTNAME", "test"), conf.Get("S_HOSTNAME", "x")));
        Assert.Contains("    IPROOT=\"9.9.9.9\"\n    S_HOSTNAME=\"spare\"\n    ;;", conf.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A=1\n", "B", "2", "A=1\nB=\"2\"\n")]
    [InlineData("A=1", "B", "2", "A=1\nB=\"2\"\n")]
    [InlineData("A=1\r\n", "B", "2", "A=1\r\nB=\"2\"\r\n")]
    [InlineData("", "B", "2", "B=\"2\"\n")]
    [InlineData("A=1 # why\n", "A", "2", "A=2 # why\n")]
    [InlineData("A=1\n", "A", "two words", "A=\"two words\"\n")]
    [InlineData("A=\"1\"\n", "A", "2", "A=\"2\"\n")]
    [InlineData("A='1'\n", "A", "2", "A='2'\n")]
    [InlineData("A=1\n", "A", "$x", "A='$x'\n")]
    [InlineData("A=1\n", "A", "it's $5", "A=\"it's \\$5\"\n")]
    [InlineData("A=$(id)\n", "A", "2", "A=2\n")]
    [InlineData("A=1\r\nB=2\r\n", "A", "3", "A=3\r\nB=2\r\n")]
    [InlineData("IPROOT=1.2.3.4\nONBOOT=yes\n", "IPROOTDEV", "eth0", "IPROOT=1.2.3.4\nIPROOTDEV=\"eth0\"\nONBOOT=yes\n")]
    [InlineData("# pick one\n#S_NICE=\n\nA=1\n", "S_NICE", "5", "# pick one\n#S_NICE=\nS_NICE=\"5\"\n\nA=1\n")]
    [InlineData("A=1\necho 'open", "B", "2", "A=1\nB=\"2\"\necho 'open")]
    [InlineData("A=1\nfalse &&\n", "B", "2", "A=1\nB=\"2\"\nfalse &&\n")]
    [InlineData("A=1\\", "B", "2", "B=\"2\"\nA=1\\")]
    [InlineData("cat <<X\n#B=\nX\n", "B", "2", "cat <<X\n#B=\nX\nB=\"2\"\n")]
    public void Set_AnyFile_ChangesNothingElse(string text, string key, string value, string expected)
    {
        var conf = ConfFile.Parse(text);
        conf.Set(key, value);
        Assert.Equal(expected, conf.Text);
        Assert.Equal(value, conf.Get(key));
    }

    [Theory]
    [InlineData("A=1\nB=2\n", "B=2\n")]
    [InlineData("B=2\n  A=1;  \n", "B=2\n")]
    [InlineData("A=1 # why\nB=2\n", "# why\nB=2\n")]
    [InlineData("A=1; B=2\n", "B=2\n")]
    [InlineData("B=2; A=1\n", "B=2; \n")]
    [InlineData("A=1 B=2\n", "B=2\n")]
    [InlineData("export A=1\nB=2\n", "B=2\n")]
    [InlineData("export A=1 B\nB=2\n", "export B\nB=2\n")]
    [InlineData("export A=1 \\\nA=2 # c\nB=2\n", "# c\nB=2\n")]
    [InlineData("export \\\n A=1\nB=2\n", "B=2\n")]
    [InlineData("B=2 \\\nA=1\nC=3\n", "B=2 \\\n\nC=3\n")]
    [InlineData("A=\"x\ny\"\nB=2\n", "B=2\n")]
    [InlineData("A=$(id)\nB=2\n", "B=2\n")]
    [InlineData("B=2\ncase $PROFILE in a) A=1 ;; b) A=2; C=3;; esac\n", "B=2\ncase $PROFILE in a) ;; b) C=3;; esac\n")]
    public void Remove_AnyForm_TakesItOutEverywhere(string text, string expected)
    {
        var conf = ConfFile.Parse(text);
        conf.Remove("A");
        Assert.Equal(expected, conf.Text);
        Assert.Null(conf.Get("A"));
        Assert.Equal("2", conf.Get("B"));
    }

    [Fact]
    public void Set_BytesThatAreNotUtf8_AreKept()
    {
        var bytes = Encoding.Latin1.GetBytes("# caf\u00E9\nA=\"\u00E9t\u00E9\"\nB=1\n");
        var conf = ConfFile.Parse(bytes);
        Assert.Equal("\u00E9t\u00E9", conf.Get("A"));
        conf.Set("B", "2");
        Assert.Equal(Encoding.Latin1.GetBytes("# caf\u00E9\nA=\"\u00E9t\u00E9\"\nB=2\n"), conf.ToBytes());
        Assert.Contains(conf.Findings, f => f.Message.Contains("UTF-8", StringComparison.Ordinal));
    }

    [Fact]
    public void Description_Set_ChangesOneLine()
    {
        var conf = ConfFile.Parse(Classic);
        conf.Description = "Shop";
        Assert.Equal(Classic.Replace("Web server of the shop", "Shop", StringComparison.Ordinal), conf.Text);
        conf = ConfFile.Parse("A=1\n");
        conf.Description = "New";
        Assert.Equal("# Description: New\nA=1\n", conf.Text);
        Assert.Throws<ArgumentException>(() => conf.Description = "two\nlines");
    }
}
