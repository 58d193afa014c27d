using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Tests.Peers;

/// <summary>A network device for addresses that leads nowhere; gone after the test.</summary>
internal sealed class TestDevice : IDisposable
{
    private TestDevice(string name) => Name = name;

    public string Name { get; }

    public static TestDevice? TryAdd()
    {
        var name = $"vsd{Guid.NewGuid():n}"[..12];

        // a bridge without members is as good, where the kernel has no dummies
        foreach (var type in (string[])["dummy", "bridge"])
        {
            try
            {
                TrialHost.Run("ip", "link", "add", name, "type", type);
                TrialHost.Run("ip", "link", "set", name, "up");
                return new TestDevice(name);
            }
            catch (ProblemException)
            {
                // the next type
            }
        }

        return null;
    }

    public static TestDevice Add() => TryAdd() ?? throw new InvalidOperationException(Skip());

    public string Addresses() => TrialHost.Run("ip", "-o", "addr", "show", "dev", Name);

    public void Dispose() => TrialHost.Run("ip", "link", "del", Name);

    private static string Skip()
    {
        Assert.Skip("neither a dummy nor a bridge device can be made here");
        return "";
    }
}
