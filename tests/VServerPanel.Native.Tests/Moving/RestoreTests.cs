using VServerPanel.Native.Moving.Receiving;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>What lies in the trash, while another host has the same vserver.</summary>
[Collection(RealHost.Name)]
public sealed class RestoreTests : IDisposable
{
    private static readonly VServerName s_name = VServerName.Parse("web");
    private readonly TrialHost _host = new("ext4", 64);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Restore_TakenBackOrArrivedSince_IsRefused()
    {
        _host.Add("web");
        _host.Expect("--as", "vserver-stat");
        var registry = new VServerRegistry(_host.Paths, TimeProvider.System);
        var entry = registry.Find(s_name)!;
        var store = new IncomingStore(_host.Paths);
        var id = new string('a', 32);

        // a move to here that was given up before it was deleted says nothing
        store.TakeBack(new IncomingRequest(id, s_name, entry.Id, 1), "hosta", DateTimeOffset.UtcNow.AddHours(-1));
        _host.Expect("web", "delete", "--confirm", "web");
        _host.Expect("--as", "vserver-trash", "restore", "web");
        _host.Expect("web", "delete", "--confirm", "web");

        store.TakeBack(new IncomingRequest(id, s_name, entry.Id, 1), "hosta", DateTimeOffset.UtcNow);
        Assert.Equal(ProblemCode.Conflict, Refusal().Code);
        Assert.Contains("hosta", Refusal().Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_host.Paths.ConfOf(s_name)));

        // the same one is here, under another name
        var shop = _host.Add("shop");
        registry.Save(entry with { Name = shop, IdBase = entry.IdBase + VServerRegistry.RangeSize });
        Assert.Equal(ProblemCode.AlreadyExists, Refusal().Code);
    }

    private ProblemEvent Refusal() => Assert.IsType<ProblemEvent>(_host.VServer("--json", "--as", "vserver-trash", "restore", "web").Events[^1]);
}
