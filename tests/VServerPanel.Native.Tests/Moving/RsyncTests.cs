using VServerPanel.Native.Moving.Copy;
using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

public sealed class RsyncTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --delete --numeric-ids --info=STATS2 . " + Id + "/", "-lHogDtpAXrSe.iLsfxCIvu --delete --numeric-ids")]
    [InlineData("rsync --server -lHogDtpAXrSe.LsfxC --bwlimit=100 --delete -@-1 --numeric-ids --info=STATS2 . " + Id + "/", "-lHogDtpAXrSe.LsfxC --bwlimit=100 --delete -@-1 --numeric-ids")]
    [InlineData("rsync --server -lHogDtpAXrcSe.LsfxC --bwlimit=100 --delete --numeric-ids . " + Id + "/", "-lHogDtpAXrcSe.LsfxC --bwlimit=100 --delete --numeric-ids")]
    [InlineData("rsync --server -lHogDtpAXre.LsfxCIvu --delete -@-1 --numeric-ids --info=STATS2 --inplace . " + Id + "/", "-lHogDtpAXre.LsfxCIvu --delete -@-1 --numeric-ids --inplace")]
    [InlineData("rsync --server -ldHogDtpAXRSe.LsfxCIvu --no-r --bwlimit=100 --delete -@-1 --numeric-ids --info=STATS2 . " + Id + "/", "-ldHogDtpAXRSe.LsfxCIvu --no-r --bwlimit=100 --delete -@-1 --numeric-ids")]
    [InlineData("rsync --server -lHogDtpAXcRSe.LsfxCIvu -@-1 --numeric-ids --info=STATS2 . " + Id + "/", "-lHogDtpAXcRSe.LsfxCIvu -@-1 --numeric-ids")]
    public void Words_OfACopyPass_AreMadeAnew(string asked, string options)
    {
        var words = RsyncServerWords.Parse(asked);
        Assert.Equal((Id, options), (words.MoveId, string.Join(' ', words.Options)));
    }

    [Theory]
    [InlineData("rsync --server --sender -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/../x")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . ../" + Id + "/")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . /etc/")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/ /etc")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids --compare-dest=/etc . " + Id + "/")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --log-file=/etc/x --numeric-ids . " + Id + "/")]
    [InlineData("rsync --server -slHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/")]
    [InlineData("rsync --server -lLHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/")]
    [InlineData("rsync --server -lHogDtpAXrKSe.iLsfxCIvu --numeric-ids . " + Id + "/")]
    [InlineData("rsync --server -lHogDtpAXRSe.iLsfxCIvu --files-from=/etc/shadow --numeric-ids . " + Id + "/")]
    [InlineData("rsync --daemon --server .")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/\nid")]
    [InlineData("rsync --server -lHogDtpAXrSe.iLsfxCIvu --numeric-ids . " + Id + "/;id")]
    public void Words_OfSomethingElse_AreRefused(string asked) => Assert.Equal(ProblemCode.NotPermitted, Assert.Throws<ProblemException>(() => RsyncServerWords.Parse(asked)).Code);

    [Fact]
    public void Output_OfRsync_IsRead()
    {
        Assert.Equal((8238099, 10485760), RsyncOutput.Progress("        8238099  12%   10.00MB/s    0:00:08 (xfr#1, to-chk=0/2)"));
        Assert.Null(RsyncOutput.Progress("Number of files: 12 (reg: 3, dir: 9)"));
        var totals = new CopyTotals();
        foreach (var line in (string[])["Number of files: 12 (reg: 3, dir: 9)", "Number of created files: 3", "Total file size: 4096 bytes", "Total bytes sent: 99", "Total bytes received: 7"])
        {
            totals = RsyncOutput.Total(line, totals);
        }

        Assert.Equal(new CopyTotals(12, 4096, 99), totals);
    }
}
