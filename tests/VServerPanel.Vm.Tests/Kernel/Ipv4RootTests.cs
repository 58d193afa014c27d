using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>A small check of the ties to addresses; the whole suite runs on the kernel at hand.</summary>
public abstract class Ipv4RootTests(StockMachine machine)
{
    [Theory]
    [InlineData("host", "10.77.0.1", "ok 10.77.0.1")]
    [InlineData("alpha", "10.77.0.1", "EADDRNOTAVAIL")]
    [InlineData("alpha", "10.77.0.3", "EADDRNOTAVAIL")]
    [InlineData("alpha", "10.77.0.2", "ok 10.77.0.2")]
    [InlineData("alpha", "0.0.0.0", "ok 10.77.0.2")]
    [InlineData("alpha", "127.0.0.1", "ok 127.0.0.1")]
    public void Bind_Address_OwnOnesOnly(string who, string address, string expected) => Assert.Equal(expected, machine.WithVServers().Probe(who, $"bind {address} 80"));

    [Fact]
    public void Serve_WebServersOnAllAddresses_EachAnswersAtItsOwn() => Assert.Equal("\n\nhost\nalpha\nbeta\n", machine.WithVServers().Expect("""
        for name in alpha beta; do inside $name "probe serve 0.0.0.0 8080 $name > /tmp/serve & echo"; done
        probe serve 10.77.0.1 8080 host > /tmp/serve &
        for name in alpha beta; do until_ready /vservers/$name/tmp/serve; done
        until_ready /tmp/serve
        for a in 1 2 3; do probe fetch 10.77.0.$a 8080; done
        kill $!
        for name in alpha beta; do inside $name 'kill $!'; done
        """));
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61Ipv4RootTests(Debian61Machine machine) : Ipv4RootTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612Ipv4RootTests(Debian612Machine machine) : Ipv4RootTests(machine);
