using System.Text;
using VServerPanel.Core.Terminal;

namespace VServerPanel.Core.Tests.Terminal;

public class TerminalBufferTests
{
    [Fact]
    public void Append_OfAnySizes_KeepsExactlyTheLastBytes()
    {
        var random = new Random(20021123);
        var buffer = new TerminalBuffer();
        var all = new MemoryStream();
        for (var round = 0; round < 200; round++)
        {
            var piece = new byte[random.Next(round % 50 == 0 ? 2 * TerminalBuffer.Capacity : 9000)];
            random.NextBytes(piece);
            buffer.Append(piece);
            all.Write(piece);

            Assert.Equal(all.Length, buffer.End);
            Assert.Equal(Math.Max(0, all.Length - TerminalBuffer.Capacity), buffer.Start);
            var kept = all.GetBuffer().AsSpan((int)buffer.Start, (int)(buffer.End - buffer.Start));
            Assert.True(kept.SequenceEqual(buffer.Read(buffer.Start, int.MaxValue)));
            var middle = buffer.Start + random.NextInt64(buffer.End - buffer.Start + 1);
            Assert.True(kept.Slice((int)(middle - buffer.Start), (int)Math.Min(100, buffer.End - middle)).SequenceEqual(buffer.Read(middle, 100)));
        }
    }

    [Fact]
    public void FirstToShow_BeginningLost_IsTheBeginningOfALine()
    {
        var buffer = new TerminalBuffer();
        buffer.Append("short"u8);
        Assert.Equal(0, buffer.FirstToShow());

        buffer.Append(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i} größer\n"))));
        Assert.StartsWith("line ", Encoding.UTF8.GetString(buffer.Read(buffer.FirstToShow(), 20)), StringComparison.Ordinal);
        Assert.True(buffer.FirstToShow() - buffer.Start < 30);
    }
}
