using System.Globalization;

namespace VServerPanel.Bench;

/// <summary>Another name for a vserver, stopped and running, of a small tree and a large one, against <c>mv</c> of its tree alone.</summary>
internal static class RenameBench
{
    private const string Other = "other";
    private const int FilesOfADirectory = 250;

    public static int Run(int rounds, int files)
    {
        using var vserver = new BenchVServer();
        Measure(vserver, "small tree", rounds);
        for (var i = 0; i < files; i++)
        {
            var directory = string.Create(CultureInfo.InvariantCulture, $"{vserver.Tree}/srv/{i / FilesOfADirectory}");
            if (i % FilesOfADirectory == 0)
            {
                Directory.CreateDirectory(directory);
            }

            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"{directory}/{i}"), "x");
        }

        Measure(vserver, string.Create(CultureInfo.InvariantCulture, $"{files} files"), rounds);
        return 0;
    }

    private static void Measure(BenchVServer vserver, string tree, int rounds)
    {
        Shell.Run("sync", ["-f", vserver.Prefix]);
        var (move, stopped, running) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            move.Add(Shell.Run("mv", [vserver.Tree, vserver.Tree + ".moved"]));
            Shell.Run("mv", [vserver.Tree + ".moved", vserver.Tree]);
            stopped.Add(vserver.Command("rename", Other));
            vserver.As(Other, "rename", BenchVServer.Name);
        }

        vserver.Start();
        for (var round = 0; round < rounds; round++)
        {
            running.Add(vserver.Command("rename", Other));
            vserver.As(Other, "rename", BenchVServer.Name);
        }

        vserver.Stop();
        var reference = Shell.Median(move);
        DiskTrial.Tell($"mv of the tree, {tree}", reference, reference);
        DiskTrial.Tell($"vserver NAME rename NEW, stopped, {tree}", Shell.Median(stopped), reference, string.Create(CultureInfo.InvariantCulture, $"   longest {stopped.Max():0} ms"));
        DiskTrial.Tell($"vserver NAME rename NEW, running, {tree}", Shell.Median(running), reference, string.Create(CultureInfo.InvariantCulture, $"   longest {running.Max():0} ms"));
    }
}
