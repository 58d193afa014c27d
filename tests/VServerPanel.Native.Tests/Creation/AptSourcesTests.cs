using VServerPanel.Native.Creation.Debootstrap;
using VServerPanel.Native.Creation.Guest;

namespace VServerPanel.Native.Tests.Creation;

public sealed class AptSourcesTests
{
    [Fact]
    public void ParseLines_OneLineFormat_TakesPackagesWithKeys()
    {
        var sources = AptSources.ParseLines(
            """
            # a comment
            deb http://deb.debian.org/debian/ bookworm main contrib # more
            deb-src http://deb.debian.org/debian bookworm main
            deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] https://mirror.example.org/debian bookworm-updates main
            deb cdrom:[Debian]/ bookworm main
            deb [trusted=yes http://broken.example.org bookworm main
            deb http://flat.example.org ./
            """).ToList();
        Assert.Equal(
            ["deb http://deb.debian.org/debian bookworm main contrib", "deb [signed-by=/usr/share/keyrings/a.gpg] https://mirror.example.org/debian bookworm-updates main"],
            sources.Select(s => s.Line));
    }

    [Fact]
    public void ParseDeb822_Stanzas_TakesEnabledOnesWithKeyFiles()
    {
        var sources = AptSources.ParseDeb822(
            """
            Types: deb deb-src
            URIs: http://deb.debian.org/debian
            # between the lines
            Suites: bookworm
             bookworm-updates
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://off.example.org
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb
            URIs: http://inline.example.org
            Suites: bookworm
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             xyz
            """).ToList();
        Assert.Equal(["bookworm", "bookworm-updates"], sources.Select(s => s.Suite));
        Assert.All(sources, s => Assert.Equal("/usr/share/keyrings/debian-archive-keyring.gpg", s.SignedBy));
    }

    [Theory]
    [InlineData("0 upgraded, 143 newly installed, 0 to remove and 0 not upgraded.", 143L)]
    [InlineData("newly installed", null)]
    [InlineData("Setting up bash (5.2) ...", null)]
    public void NewlyInstalled_LineOfApt_IsTheirNumber(string line, long? count) => Assert.Equal(count, PackageProgress.NewlyInstalled(line));

    [Theory]
    [InlineData("nginx", true)]
    [InlineData("libstdc++6", true)]
    [InlineData("-oProxy", false)]
    [InlineData("a,b", false)]
    [InlineData("x", false)]
    [InlineData("a b", false)]
    public void IsPackageName_ByPolicy(string name, bool expected) => Assert.Equal(expected, DebootstrapSource.IsPackageName(name));

    [Fact]
    public void Hosts_NameIsThere_IsLeftAlone() => Assert.Equal("10.0.0.1 web.example.org\n", GuestFiles.Hosts("10.0.0.1 web.example.org\n", "WEB.example.org", []));

    [Fact]
    public void Hosts_NoName_IsAdded() => Assert.Equal("10.0.0.1 db\n10.0.0.2\tweb.example.org web\n", GuestFiles.Hosts("10.0.0.1 db", "web.example.org", [System.Net.IPAddress.Parse("10.0.0.2")]));
}
