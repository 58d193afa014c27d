using System.Diagnostics;
using System.Globalization;
using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>What the kernel's programs add to single system calls, in instructions: for docs/measurements.md, and run only when asked for by name (-explicit only).</summary>
public sealed class CallCosts(CountingMachine machine) : IClassFixture<CountingMachine>
{
    private static readonly string[] s_calls = ["bind", "connect", "sendto", "open", "stat"];

    [Fact(Explicit = true)]
    public void Count_CallsWithAndWithoutThePrograms()
    {
        using (var compiler = Process.Start("gcc", ["-O2", "-Wall", "-static", "-o", machine.Exchange + "/calls", StockKernels.RepositoryRoot + "/bench/VServerPanel.Bench/calls.c"]))
        {
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        machine.Expect("cp /vm/exchange/calls /tmp/calls; ip addr add 10.77.0.1/24 dev lo");
        var without = Count("", "alone");
        machine.Expect("ip addr del 10.77.0.1/24 dev lo");
        machine.WithVServers();
        machine.Expect("ln /vservers/.debian/shared-by-links /vservers/.debian/shared-2; chattr +A +S /vservers/.debian/shared-2");
        Say("outside of the vservers", Count("", "alone"));
        Say("in a vserver", Count(Inside, "alone"));
        Say("in a vserver, a shared file", Count(Inside, "shared-2"));

        void Say(string where, double[] with)
        {
            for (var i = 0; i < s_calls.Length; i++)
            {
                TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{where}: {s_calls[i],-8} with {with[i]:0}, without {without[i]:0} instructions, ratio {with[i] / without[i]:0.000}"));
            }
        }
    }

    // in its control group and nothing else, so that the programs alone are counted; beta's, which has no limit of processor time
    private const string Inside = "echo $$ > /sys/fs/cgroup/vservers/$(basename $(readlink /var/run/vservers/beta))/cgroup.procs; ";

    private double[] Count(string first, string file) =>
        [.. machine.Expect($"echo x > /vservers/.debian/alone; [ -e /vservers/.debian/shared-by-links ] || echo x > /vservers/.debian/shared-by-links; bash -c '{first}exec /tmp/calls 10.77.0.1 /vservers/.debian/{file}'", seconds: 400)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
}
