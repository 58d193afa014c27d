using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Standby;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Standby;

public class ProfileChoiceTests
{
    private const string Case = "case $PROFILE in\nprod)\n\tS_HOSTNAME=first\n\t;;\nbackup)\n\tS_HOSTNAME=second\n\tIPROOT=192.0.2.9\n\t;;\nesac\nONBOOT=yes\n";

    [Theory]
    [InlineData(Case)]
    [InlineData("PROFILE=prod\n" + Case)]
    [InlineData("# a comment\nPROFILE=backup; S_NICE=5\n" + Case)]
    [InlineData(Case + "PROFILE=prod\n")]
    public void Make_WhereverTheWordStands_IsReadBeforeTheCase(string text)
    {
        var chosen = ProfileChoice.Make(ConfFile.Parse(text), "backup", VServerName.Parse("web"));
        Assert.Equal(("backup", "second", "192.0.2.9", "yes"), (chosen.Get("PROFILE"), chosen.Get("S_HOSTNAME"), chosen.Get("IPROOT"), chosen.Get("ONBOOT")));
        Assert.EndsWith("ONBOOT=yes\n", chosen.Text, StringComparison.Ordinal);

        // and home again, as a crash may ask for it twice
        var home = ProfileChoice.Make(ProfileChoice.Make(chosen, "prod", VServerName.Parse("web")), "prod", VServerName.Parse("web"));
        Assert.Equal(("prod", "first", null), (home.Get("PROFILE"), home.Get("S_HOSTNAME"), home.Get("IPROOT")));
    }

    [Theory]
    [InlineData("S_HOSTNAME=x\n")]
    [InlineData(Case)]
    public void Make_ProfileThatIsNone_IsRefused(string text) =>
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(() => ProfileChoice.Make(ConfFile.Parse(text), "third", VServerName.Parse("web"))).Code);
}
