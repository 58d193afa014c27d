namespace VServerPanel.Vm.Tests.Machines;

/// <summary>One virtual machine for all tests of a kernel. It is started by the first that runs something in it.</summary>
public abstract class StockMachine(string kernel, string parameters = "", bool isCounting = false) : IDisposable
{
    private readonly Lock _gate = new();
    private VirtualMachine? _machine;
    private Exception? _failed;
    private MachineOutput? _vservers;

    /// <summary>Where <see cref="Command"/> and its objects lie in the machine: the same path, as the root is the same.</summary>
    public static string Command => Environment.GetEnvironmentVariable("VSERVER_COMMAND") is { Length: > 0 } path ? path : StockKernels.RepositoryRoot + "/artifacts/native/vserver";

    /// <summary>A directory of this machine that the virtual one has at /vm/exchange.</summary>
    public string Exchange => Machine.Exchange;

    private VirtualMachine Machine
    {
        get
        {
            lock (_gate)
            {
                if (_machine is not null)
                {
                    return _machine;
                }

                Assert.SkipUnless(Environment.UserName == "root", "the virtual machine's root is this machine's, which only root can read");
                Assert.SkipUnless(File.Exists(Command), $"the vserver command has not been published to {Command} (make native)");
                var whyNot = StockKernels.WhyNot();
                Assert.SkipWhen(whyNot is not null, whyNot ?? "");
                if (_failed is not null)
                {
                    throw new InvalidOperationException(_failed.Message, _failed);
                }

                try
                {
                    return _machine = new VirtualMachine(kernel, parameters, isCounting);
                }
                catch (Exception e)
                {
                    // not waited for again by each test
                    _failed = e;
                    throw;
                }
            }
        }
    }

    /// <summary>Runs a bash script as root of the machine. <c>vserver</c> is the native command there, and it has the functions of <c>Guest/library</c>.</summary>
    public MachineOutput Run(string script, int seconds = 60) => Machine.Run($"COMMAND={Command}\nvserver() {{ {Command} \"$@\"; }}\n. /vm/guest/library\n{script}", seconds);

    /// <summary>Runs a bash script and wants exit code 0.</summary>
    public string Expect(string script, int seconds = 60) => Run("set -e\n" + script, seconds).Succeeded();

    /// <summary>Sees to it that the vservers alpha and beta run, as <c>Guest/prepare-vservers</c> makes them.</summary>
    public StockMachine WithVServers()
    {
        var machine = Machine;
        lock (_gate)
        {
            if (_vservers is null)
            {
                File.Copy(StockKernels.Probe(), Exchange + "/probe");
                _vservers = machine.Run($"/vm/guest/prepare-vservers {Command}", seconds: 180);
            }
        }

        _vservers.Succeeded();
        return this;
    }

    /// <summary>Runs the probe in a vserver (or as "host" outside of all) and returns what it says.</summary>
    public string Probe(string who, string words) => Expect($"inside {who} probe {words}").TrimEnd();

    public void Dispose()
    {
        _machine?.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Debian 12's own kernel.</summary>
public sealed class Debian61Machine() : StockMachine("6.1")
{
    public const string Name = "Linux 6.1";
}

/// <summary>The kernel of Debian 12's backports.</summary>
public sealed class Debian612Machine() : StockMachine("6.12")
{
    public const string Name = "Linux 6.12";
}

/// <summary>Debian 12's own kernel, started without bpf among its security modules: programs of type lsm attach there and never run.</summary>
public sealed class WithoutBpfLsmMachine() : StockMachine("6.1", "lsm=lockdown,yama,loadpin,safesetid,integrity,apparmor")
{
    public const string Name = "Linux 6.1 without bpf in lsm=";
}

/// <summary>Debian 12's own kernel, with a clock that counts instructions: for measurements.</summary>
public sealed class CountingMachine() : StockMachine("6.1", isCounting: true);

[CollectionDefinition(Debian61Machine.Name)]
public sealed class OnDebian61 : ICollectionFixture<Debian61Machine>;

[CollectionDefinition(Debian612Machine.Name)]
public sealed class OnDebian612 : ICollectionFixture<Debian612Machine>;

[CollectionDefinition(WithoutBpfLsmMachine.Name)]
public sealed class OnDebian61WithoutBpfLsm : ICollectionFixture<WithoutBpfLsmMachine>;
