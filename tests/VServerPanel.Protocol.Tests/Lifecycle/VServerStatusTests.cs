using System.Text.Json;

namespace VServerPanel.Protocol.Tests.Lifecycle;

public sealed class VServerStatusTests
{
    [Fact]
    public void Read_OnlyRequiredFields_HasNoNulls()
    {
        var status = JsonSerializer.Deserialize("""{"id":"6f0c1d0e-0000-4000-8000-000000000001","name":"web1","state":"running"}""", WireJson.Default.VServerStatus)!;

        Assert.Equal("", status.Description);
        Assert.Equal("", status.Hostname);
        Assert.Equal("", status.Distribution);
        Assert.Empty(status.Addresses);
    }
}
