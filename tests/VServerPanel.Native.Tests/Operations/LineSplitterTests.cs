using System.Text;
using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Tests.Operations;

public sealed class LineSplitterTests
{
    [Theory]
    [InlineData(false, "a\nb\r\nc\n\nd", "a|b|c||d")]
    [InlineData(false, "a\rb\n", "a\rb")]
    [InlineData(true, "a\nb\r\nc\n\nd", "a|b|c||d")]
    [InlineData(true, "1%\r2%\r3%\nend", "1%|2%|3%|end")]
    [InlineData(true, "\r\n\n", "|")]
    [InlineData(true, "", "")]
    public void Add_InPiecesOfAnySize_CutsAtEndsOfLines(bool endsAtReturns, string text, string lines)
    {
        for (var size = 1; size <= Math.Max(1, text.Length); size++)
        {
            List<string> found = [];
            var splitter = new LineSplitter(found.Add) { EndsAtReturns = endsAtReturns };
            foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(size))
            {
                splitter.Add(piece);
            }

            splitter.Finish();
            Assert.Equal(lines, string.Join('|', found));
        }
    }

    [Fact]
    public void Add_EndlessLine_IsCut()
    {
        List<string> found = [];
        var splitter = new LineSplitter(found.Add) { Longest = 4 };
        splitter.Add("aaaabbbbcc\ndddd\ne"u8);
        splitter.Finish();
        Assert.Equal(["aaaa", "bbbb", "cc", "dddd", "e"], found);
    }

    [Fact]
    public void Try_ProgramThatWritesWithoutAnyEndOfLine_DoesNotTakeOurMemory()
    {
        var longest = 0;
        var result = new ChildProcess { Program = "head", Arguments = ["-c", "200000000", "/dev/zero"], OnOutputLine = l => longest = Math.Max(longest, l.Length) }.Try(TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.InRange(longest, 1, 4 << 20);
        Assert.InRange(result.Output.Length, 1, 9 << 20);
    }

    [Fact]
    public void Try_ReaderThatFails_EndsTheProgramAndSaysSo()
    {
        var child = new ChildProcess { Program = "yes", Arguments = [], OnOutputLine = _ => throw new InvalidOperationException("enough") };
        Assert.Equal("enough", Assert.Throws<InvalidOperationException>(() => child.Try(TestContext.Current.CancellationToken)).Message);
    }
}
