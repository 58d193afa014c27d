using CsCheck;
using VServerPanel.Core.Creation;
using VServerPanel.Core.Lifecycle;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Tests.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Creation;

public class CreateRequestValidatorTests
{
    private static readonly DirectoryEntry[] s_existing =
    [
        new("host1", Statuses.Running("web1") with { Addresses = ["10.0.0.5", "2001:db8::5"] }, null),
        new("host1", Statuses.Stopped("web2") with { Addresses = ["10.0.0.6"] }, null),
    ];

    private static CreateRequest Right => new()
    {
        Method = BuildMethod.Debootstrap,
        Source = "bookworm",
        Mirror = "http://deb.debian.org/debian",
        Name = "db1",
        Hostname = "db1.example.org",
        Description = "The data base",
        Addresses = ["10.0.0.7/24", "2001:db8::7"],
        Device = "eth0",
        MemoryLimitBytes = 512L << 20,
        ProcessLimit = 200,
        ProcessorLimit = 1.5,
        OnBoot = true,
    };

    [Fact]
    public void Validate_RightRequest_HasNoFault() => Assert.Empty(Validate(Right));

    [Fact]
    public void Validate_ManyFaults_ReportsEachWithItsField()
    {
        var request = Right with
        {
            Name = "no good",
            Hostname = "-x",
            Description = "two\nlines",
            Source = "Not A Suite",
            Mirror = "ftp://x",
            Addresses = ["10.0.0.5", "nonsense"],
            Device = "eth9",
            MemoryLimitBytes = 5,
            ProcessLimit = 0,
            ProcessorLimit = double.NaN,
        };

        var faults = Validate(request);

        Assert.Equal(
            ["Name", "Source", "Mirror", "Hostname", "Description", "Addresses", "Addresses", "Device", "MemoryLimitBytes", "ProcessLimit", "ProcessorLimit"],
            faults.Select(f => f.Field));
        Assert.All(faults, f => Assert.EndsWith(".", f.Message, StringComparison.Ordinal));
        Assert.All(faults, f => Assert.NotNull(typeof(CreateRequest).GetProperty(f.Field)));
    }

    [Theory]
    [InlineData("Device", "", "10.9.0.2/24", "", "")]
    [InlineData("Device", "eth0", "10.9.0.2/24", "", "")]
    [InlineData("Device", "", "", "10.9.0.1", "")]
    [InlineData("Addresses", "br0", "10.9.0.2", "", "")]
    [InlineData("Gateways", "br0", "10.9.0.2/24", "router", "")]
    [InlineData("Gateways", "br0", "10.9.0.2/24", "10.9.1.1", "")]
    [InlineData("Gateways", "br0", "10.9.0.2/24", "10.9.0.2", "")]
    [InlineData("Gateways", "br0", "10.9.0.2/24", "2001:db8:9::1", "")]
    [InlineData("Gateways", "br0", "10.9.0.2/24", "10.9.0.1 10.9.0.3", "")]
    [InlineData("NameServers", "br0", "10.9.0.2/24", "10.9.0.1", "ns.example.org")]
    [InlineData(null, "br0", "10.9.0.2/24 2001:db8:9::2/64", "10.9.0.1 fe80::1", "10.9.0.1 2001:db8:9::53")]
    [InlineData(null, "br0", "192.0.2.9/32", "203.0.113.1", "")]
    [InlineData(null, "br0", "", "", "")]
    [InlineData(null, "", "", "", "")]
    public void Validate_PrivateNetwork_TellsTheFieldThatCannotBe(string? field, string device, string addresses, string gateways, string nameServers)
    {
        var report = HostServiceTests.Report with { Devices = [.. HostServiceTests.Report.Devices, "br0"], Bridges = ["br0"] };
        var request = Right with { NetworkMode = NetworkMode.Private, Device = device, Addresses = Words(addresses), Gateways = Words(gateways), NameServers = Words(nameServers) };
        var faults = CreateRequestValidator.Validate(request, s_existing, report);
        Assert.Equal(field, faults.Select(f => f.Field).FirstOrDefault());
        Assert.All(faults, f => Assert.EndsWith(".", f.Message, StringComparison.Ordinal));

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Words_OfAPrivateNetwork_AreTheDocumentedCommand() => Assert.Equal(
        "vserver db1 build --method skeleton --hostname db1 --ip 10.9.0.2/24 --ondev br0 --network private --link macvlan --gateway 10.9.0.1 --dns 10.9.0.1 --dns 10.9.0.53",
        string.Join(' ', CreateCommand.Words(new CreateRequest
        {
            Name = "db1",
            Method = BuildMethod.Skeleton,
            Addresses = ["10.9.0.2/24"],
            Device = "br0",
            NetworkMode = NetworkMode.Private,
            NetworkLink = NetworkLink.Macvlan,
            Gateways = ["10.9.0.1"],
            NameServers = ["10.9.0.1", "10.9.0.53"],
        })));

    [Fact]
    public void Validate_MirrorTypedBeforeATarballWasChosen_IsNoFault() =>
        Assert.Empty(Validate(Right with { Method = BuildMethod.Skeleton, Source = "", Mirror = "nonsense" }));

    [Theory]
    [InlineData("10.0.0.5", "web1")]
    [InlineData("10.0.0.6/24", "web2")]
    [InlineData("2001:DB8:0:0::5", "web1")]
    [InlineData("::ffff:10.0.0.5", "web1")]
    [InlineData("192.0.2.1", "host")]
    [InlineData("2001:db8::1/64", "host")]
    public void Validate_AddressOfAnother_IsRefusedAndSaysWhose(string address, string whose)
    {
        var fault = Assert.Single(Validate(Right with { Addresses = [address] }));

        Assert.Equal("Addresses", fault.Field);
        Assert.Contains(whose, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1")]
    [InlineData("0x0a000001")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.7/33")]
    [InlineData("10.0.0.7/0")]
    [InlineData("10.0.0.7/-1")]
    [InlineData("10.0.0.7/")]
    [InlineData("2001:db8::7/129")]
    [InlineData("[2001:db8::7]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("--onboot")]
    [InlineData("")]
    public void Validate_NotAnAddressForAVServer_IsRefused(string address) =>
        Assert.Equal("Addresses", Assert.Single(Validate(Right with { Addresses = [address] })).Field);

    [Fact]
    public void Validate_SameAddressTwice_IsRefused() => Assert.Contains("twice", Assert.Single(Validate(Right with { Addresses = ["10.0.0.9", "10.0.0.9/24"] })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(BuildMethod.Clone, "web1", true)]
    [InlineData(BuildMethod.Clone, "/", false)]
    [InlineData(BuildMethod.Clone, "nobody", false)]
    [InlineData(BuildMethod.Tar, "debian-12.tar.zst", true)]
    [InlineData(BuildMethod.Tar, "../../etc/shadow", false)]
    [InlineData(BuildMethod.Tar, "debian/12 (größer).tar.zst", true)]
    [InlineData(BuildMethod.Tar, "/etc/shadow", false)]
    [InlineData(BuildMethod.Tar, "a/../b", false)]
    [InlineData(BuildMethod.Tar, "a/b/c.tar", false)]
    [InlineData(BuildMethod.Tar, ".hidden/x.tar", false)]
    [InlineData(BuildMethod.Tar, "-x", false)]
    [InlineData(BuildMethod.Oci, "", false)]
    [InlineData(BuildMethod.Skeleton, "", true)]
    [InlineData(BuildMethod.Skeleton, "x", false)]
    [InlineData(BuildMethod.Debootstrap, "--variant", false)]
    public void Validate_SourceOfEachMethod_IsLookedAt(BuildMethod method, string source, bool isRight) =>
        Assert.Equal(isRight ? [] : ["Source"], Validate(Right with { Method = method, Source = source, Mirror = "" }).Select(f => f.Field));

    [Fact]
    public void Validate_TakenName_IsRefused() => Assert.Equal("Name", Assert.Single(Validate(Right with { Name = "web2" })).Field);

    [Fact]
    public void Validate_HostUnknown_ChecksTheRest()
    {
        var faults = CreateRequestValidator.Validate(Right with { Device = "eth9", Addresses = ["192.0.2.1"], Name = "web1" }, s_existing, null);

        Assert.Equal(["Name"], faults.Select(f => f.Field));
    }

    [Fact]
    public void Words_OfARequestWithoutFaults_HoldEachValueOnceAndNoneAsAnOption()
    {
        var text = Gen.OneOf(Gen.String[Gen.Char["-ab= "], 0, 12], Gen.Const("--plan"), Gen.Const("--actor-user"));
        Gen.Select(text, Gen.Int[1, 64], Gen.Bool).Where((description, _, _) => !description.Any(char.IsControl)).Sample((description, megabytes, onBoot) =>
        {
            var request = Right with { Description = description, MemoryLimitBytes = (long)megabytes << 24, OnBoot = onBoot };
            Assert.Empty(Validate(request));

            var words = CreateCommand.Words(request);

            string[] options = ["--method", "--source", "--mirror", "--hostname", "--ip", "--ondev", "--desc", "--memory", "--pids", "--cpus", "--onboot", "--set"];
            Assert.Equal(["vserver", "db1", "build"], words.Take(3));
            Assert.All(words.Where(w => w.StartsWith('-')), w => Assert.Contains(w.Split('=')[0], options));
            Assert.Equal(onBoot, words.Contains("--onboot"));
            var told = description.Trim();
            Assert.True(told.Length == 0 || words.Contains(told) || words.Contains($"--desc={told}"));
        });
    }

    [Fact]
    public void Words_OfAFullRequest_AreTheDocumentedCommand() => Assert.Equal(
        "vserver db1 build --method debootstrap --source bookworm --mirror http://deb.debian.org/debian --hostname db1.example.org --ip 10.0.0.7/24 --ip 2001:db8::7 --ondev eth0 --network private --link bridge --desc The data base"
        + " --memory 536870912 --pids 200 --cpus 1.5 --onboot --set INIT_STYLE=systemd",
        string.Join(' ', CreateCommand.Words(Right with { NetworkMode = NetworkMode.Private, InitStyle = InitStyle.Systemd })));

    private static IReadOnlyList<FieldFault> Validate(CreateRequest request) => CreateRequestValidator.Validate(request, s_existing, HostServiceTests.Report);
}
