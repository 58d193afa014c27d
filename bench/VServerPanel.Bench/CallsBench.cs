using System.Globalization;

namespace VServerPanel.Bench;

/// <summary>Single system calls of a process that is tied to a vserver's addresses against the same outside, in turn.</summary>
/// <remarks>It is in the vserver's control group and nothing else, so that the programs alone are measured.</remarks>
internal static class CallsBench
{
    private static readonly string[] s_calls = ["bind", "connect", "sendto", "open", "stat"];

    public static int Run(int rounds) => TrialNetwork.Within(() =>
    {
        using var vserver = new BenchVServer("10.77.0.2/24");
        vserver.Start();
        var program = Path.Combine(vserver.Prefix, "calls");
        Shell.Run("gcc", ["-O2", "-Wall", "-o", program, Path.Combine(Shell.RepositoryRoot(), "bench/VServerPanel.Bench/calls.c")]);
        var output = Path.Combine(vserver.Prefix, "calls.out");
        var with = new List<double[]>();
        var without = new List<double[]>();
        for (var round = 0; round < rounds; round++)
        {
            with.Add(Measure($"echo $$ > '{vserver.ControlGroup}/cgroup.procs' && "));
            without.Add(Measure(""));
        }

        for (var i = 0; i < s_calls.Length; i++)
        {
            var (a, b) = (Shell.Median(with.Select(w => w[i])), Shell.Median(without.Select(w => w[i])));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{s_calls[i],-8} with {a:0} ns, without {b:0} ns, ratio {a / b:0.000}"));
        }

        return 0;

        double[] Measure(string first)
        {
            Shell.Run("/bin/sh", ["-c", $"{first}exec '{program}' 10.77.0.1 /etc/passwd > '{output}'"]);
            return [.. File.ReadAllText(output).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        }
    });
}
