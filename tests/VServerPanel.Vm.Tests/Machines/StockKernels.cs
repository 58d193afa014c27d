using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace VServerPanel.Vm.Tests.Machines;

/// <summary>The stock kernels that the machines are started from: fetched once by <c>Guest/prepare</c>, and kept.</summary>
internal static class StockKernels
{
    private static readonly Lazy<string?> s_whyNot = new(Prepare);
    private static readonly Lazy<string> s_probe = new(BuildProbe);

    public static string GuestFiles { get; } = Path.GetFullPath("../Guest", Here());

    public static string RepositoryRoot { get; } = Path.GetFullPath("../../..", Here());

    /// <summary>VSERVERPANEL_TEST_CACHE, else /var/cache/vserverpanel-tests.</summary>
    public static string Cache { get; } = Environment.GetEnvironmentVariable("VSERVERPANEL_TEST_CACHE") is { Length: > 0 } path ? path : "/var/cache/vserverpanel-tests";

    /// <summary>Fetches what is missing.</summary>
    /// <returns>Null: all is there. Else why not, as a sentence.</returns>
    public static string? WhyNot() => s_whyNot.Value;

    /// <summary>Guest/probe.c, built.</summary>
    public static string Probe() => s_probe.Value;

    private static string BuildProbe()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "probe");
        using var compiler = Process.Start("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", path, GuestFiles + "/probe.c"]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? path : throw new InvalidOperationException("Guest/probe.c does not compile.");
    }

    private static string? Prepare()
    {
        string[] programs = ["qemu-system-x86_64", "mmdebstrap", "mke2fs", "cpio", "busybox", "xz", "depmod", "strip"];
        if (programs.Where(p => !IsInstalled(p)).ToList() is { Count: > 0 } missing)
        {
            return $"virtual machines need {string.Join(", ", missing)} (packaging/install-packages test)";
        }

        var start = new ProcessStartInfo(GuestFiles + "/prepare", [Cache]) { UseShellExecute = false, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"stock kernels could not be fetched into {Cache}: {said.Trim()}";
    }

    private static bool IsInstalled(string program) =>
        ((string[])["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]).Any(d => File.Exists($"{d}/{program}"));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
