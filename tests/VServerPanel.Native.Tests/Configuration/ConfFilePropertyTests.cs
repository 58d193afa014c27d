using System.Diagnostics;
using System.Text;
using CsCheck;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Tests.Configuration;

public sealed class ConfFilePropertyTests
{
    // Text that is full of what matters to a shell, so that random files reach the odd corners.
    private static readonly Gen<string> s_shellText = Gen.OneOf(
        "A=", "B=", "IPROOT=", "x", "yes", " ", " ", "\n", "\n", "\r\n", ";", ";;", "'", "\"", "\\", "\\\n", "$", "$(", "${", "`", "(", ")", "{", "}", "|", "||", "&", "&&",
        "<<E\n", "E\n", "<", ">", "#", "# Description:", "case $PROFILE in ", "prod)", "*)", "esac", "if ", "then ", "fi", "for ", "do ", "done", "export ", "~", "\t", "\0", "é", "#A=", "=")
        .Array[0, 40].Select(string.Concat);

    private static readonly Gen<byte[]> s_file = Gen.Frequency((3, s_shellText.Select(Encoding.UTF8.GetBytes)), (1, Gen.Byte.Array[0, 200]));

    private static readonly Gen<string> s_value = Gen.OneOf(
        Gen.Char[' ', '~'].Array[0, 12].Select(c => new string(c)),
        Gen.OneOf("é", "ü", "\n", "\t", "\r", "'", "\"", "\\", "$", "`", "漢", "a", " ", "!", "#", "=", ";", "~", "\u0001", "\u0085").Array[0, 8].Select(string.Concat));

    [Fact]
    public void Parse_AnyBytes_WritesThemBack() => s_file.Sample(bytes => bytes.AsSpan().SequenceEqual(ConfFile.Parse(bytes).ToBytes()), iter: 20_000);

    [Fact]
    public void Set_AnyBytes_ReadsBackAndKeepsTheRest() => Gen.Select(s_file, s_value).Sample(
        (bytes, value) =>
        {
            var conf = ConfFile.Parse(bytes);
            var before = conf.Assignments().GetValueOrDefault("A");
            var others = conf.Effective().Where(a => a.Key != "A").Select(a => (a.Key, a.Value)).ToList();
            conf.Set("A", value);
            Assert.Equal(value, conf.Get("A"));
            Assert.Equal(others, conf.Effective().Where(a => a.Key != "A").Select(a => (a.Key, a.Value)));
            AssertOnlyOnePlaceChanged(bytes, conf.ToBytes(), before is null ? null : before.ValueStart..before.End);
        },
        iter: 20_000);

    [Fact]
    public void Remove_AnyBytes_IsGoneAndTheRestStays() => s_file.Sample(
        bytes =>
        {
            var conf = ConfFile.Parse(bytes);
            var others = conf.Effective().Where(a => a.Key != "A").Select(a => (a.Key, a.Value)).ToList();
            conf.Remove("A");
            Assert.Null(conf.Get("A"));
            Assert.Equal(others, conf.Effective().Where(a => a.Key != "A").Select(a => (a.Key, a.Value)));
        },
        iter: 20_000);

    [Theory]
    [InlineData("$(")]
    [InlineData("${")]
    [InlineData("`")]
    [InlineData("\"")]
    [InlineData("(")]
    [InlineData("{ ")]
    [InlineData("if ")]
    [InlineData("case x in ")]
    [InlineData("case $PROFILE in a) A=1 ;;\n")]
    [InlineData("case $PROFILE in fi) A=1\n")]
    [InlineData("cat <<A\n")]
    [InlineData("cat <<A <<B <<C;")]
    [InlineData("A=1 ")]
    [InlineData("A=1;")]
    [InlineData("A=1\n")]
    [InlineData("#S_NICE=\n")]
    [InlineData("A=$x;")]
    [InlineData("x\n")]
    [InlineData("A=\\\n")]
    public void Edit_HostileRepetition_TakesLinearTime(string piece)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, ConfFile.MaximumSize / piece.Length)));
        var clock = Stopwatch.StartNew();
        var conf = ConfFile.Parse(bytes);
        _ = conf.Get("A");
        _ = conf.Findings.Count;
        conf.Set("S_NICE", "1");
        conf.Remove("A");
        // a megabyte takes less than a second on a quiet machine; anything quadratic takes many minutes
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
    }

    private static void AssertOnlyOnePlaceChanged(byte[] before, byte[] after, Range? value)
    {
        if (value is { } range)
        {
            Assert.True(after.AsSpan().StartsWith(before.AsSpan(..range.Start.Value)));
            Assert.True(after.AsSpan().EndsWith(before.AsSpan(range.End.Value..)));
            return;
        }

        var same = before.AsSpan().CommonPrefixLength(after);
        Assert.True(after.AsSpan().EndsWith(before.AsSpan(same..)), "more than one place changed");
    }
}
