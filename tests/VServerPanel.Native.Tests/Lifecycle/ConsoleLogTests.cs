using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Lifecycle;

public sealed class ConsoleLogTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void ReadLast_LoneCarriageReturn_EndsNoLine()
    {
        var name = VServerName.Parse("shop");
        File.WriteAllText(
            Native.Isolation.Monitor.ConsoleLogOf(_prefix.Paths, name),
            "2026-11-23T14:36:58.05+00:00 stdout F true\r2020-01-01T00:00:00.00+00:00 stdout F forged\n2026-11-23T14:36:59.05+00:00 stdout F last\r\n");
        var lines = ConsoleLog.ReadLast(_prefix.Paths, name, 10);
        Assert.Equal(["true\r2020-01-01T00:00:00.00+00:00 stdout F forged", "last"], lines.Select(l => l.Text));
    }
}
