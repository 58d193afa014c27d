using System.Globalization;
using System.Net;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>Tries the loaded programs out: a child in a scratch cgroup that is tied to an address nobody has must not get a socket bound.</summary>
internal static class Ipv4RootSelfTest
{
    // RFC 5737: for documentation, so no host has it
    private const string NobodysAddress = "192.0.2.77";

    /// <param name="programs">They are loaded.</param>
    /// <exception cref="ProblemException">Unsupported: they do not do what they should.</exception>
    public static void Run(Ipv4RootPrograms programs)
    {
        var scratch = $"{programs.ParentCgroup}/.self-test-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        Directory.CreateDirectory(scratch);
        try
        {
            using var entries = programs.OpenEntries() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs were loaded and their map is not there.");
            var id = Libc.statx(null, scratch).Inode;
            var conf = new VServerConf { Addresses = [new ConfAddress(null, IPAddress.Parse(NobodysAddress), null)] };
            entries.Set(id, Ipv4RootEntry.From(conf, IPAddress.Parse("127.63.255.254"), 0));
            try
            {
                Check(new ChildProcess { Program = OwnCommand(), Arguments = ["--as", NetworkProbeTool.ToolName, scratch], TimeOut = TimeSpan.FromSeconds(20) }.Run());
            }
            finally
            {
                entries.Remove(id);
            }
        }
        finally
        {
            Directory.Delete(scratch);
        }
    }

    private static void Check(string output)
    {
        foreach (var expected in (string[])[$"any {ErrnoNames.EADDRNOTAVAIL}", $"raw {ErrnoNames.EPERM}"])
        {
            if (!output.Split('\n').Contains(expected, StringComparer.Ordinal))
            {
                throw new ProblemException(ProblemCode.Unsupported, $"The kernel took the programs, but they do not act: a test process got '{output.Trim().ReplaceLineEndings(", ")}' where '{expected}' was to come.");
            }
        }
    }

    private static string OwnCommand() =>
        Environment.GetEnvironmentVariable("VSERVER_COMMAND") is { Length: > 0 } command && Libc.geteuid() == 0 && Path.GetFileName(Environment.ProcessPath) != "vserver" ? command : Environment.ProcessPath ?? "/usr/sbin/vserver";
}
