using System.Text;
using VServerPanel.Native.Moving.Sending;

namespace VServerPanel.Native.Tests.Moving;

public sealed class ConfToSendTests
{
    [Theory]
    [InlineData("IPROOT=10.0.0.1\nSHARES=\"/srv/a:/home/a /srv/b:/b:ro\"\nONBOOT=yes\n", "IPROOT=10.0.0.1\nONBOOT=yes\n", "/srv/a:/home/a /srv/b:/b:ro")]
    [InlineData("case $PROFILE in\nprod)\n\tSHARES=/srv/a:/a\n\tONBOOT=yes\n\t;;\nbackup)\n\tSHARES=/srv/b:/b\n\tONBOOT=no\n\t;;\nesac\n", "case $PROFILE in\nprod)\n\tONBOOT=yes\n\t;;\nbackup)\n\tONBOOT=no\n\t;;\nesac\n", "/srv/a:/a /srv/b:/b")]
    [InlineData("# Description: one\nIPROOT=10.0.0.1\n", "# Description: one\nIPROOT=10.0.0.1\n", "")]
    public void Of_ConfFile_IsWithoutSharesInAllProfiles(string conf, string sent, string leftOut)
    {
        var result = ConfToSend.Of(Encoding.UTF8.GetBytes(conf));
        Assert.Equal(sent, Encoding.UTF8.GetString(result.Bytes));
        Assert.Equal(leftOut, string.Join(' ', result.LeftOut));
    }
}
