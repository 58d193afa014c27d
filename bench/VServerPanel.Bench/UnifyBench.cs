namespace VServerPanel.Bench;

/// <summary>Unification of copies of one root against tools that do the like, and against the least that anybody would have to do.</summary>
internal static class UnifyBench
{
    private const int Readers = 8;

    // what is done in a moment is done some times
    private const int Rounds = 5;

    // links do not cross subvolumes, and blocks are shared on xfs and btrfs only
    private static readonly (string Word, string What, string Command, string Package, string[] FileSystems)[] s_tools =
    [
        ("link", "link and rename of every file, in parallel", $"WALK link {Environment.ProcessorCount} TREES", "gcc", ["ext4", "xfs"]),
        ("hardlink", "hardlink", "hardlink TREES", "util-linux-extra or hardlink", ["ext4", "xfs"]),
        ("jdupes", "jdupes -L", "jdupes -q -r -L TREES", "jdupes", ["ext4", "xfs"]),
        ("rdfind", "rdfind", "rdfind -makehardlinks true -outputname /dev/null TREES", "rdfind", ["ext4", "xfs"]),
        ("duperemove", "duperemove -rd", "duperemove -q -r -d TREES", "duperemove", ["xfs", "btrfs"]),
    ];

    /// <param name="fileSystem">ext4, xfs or btrfs.</param>
    /// <param name="copies">Of the root.</param>
    /// <param name="cold">Whether the kernel forgets what it has of the disk before each.</param>
    /// <param name="samples">Each on trees made anew.</param>
    /// <param name="against">Words of tools, with commas; null: all; "none".</param>
    public static int Run(string fileSystem, int copies, bool cold, int samples, string? against)
    {
        var method = MethodFor(fileSystem);
        var all = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"c{i}"));
        var figures = new Figures();
        for (var sample = 0; sample < samples; sample++)
        {
            using (var trial = new DiskTrial(fileSystem, copies))
            {
                figures.Add("reading every byte once, in parallel", trial.Time($"'{trial.Walker}' read {Readers} {trial.AllTrees}", cold));
                figures.Add("vunify --plan", trial.VServer($"--plan --as vunify {method}{all}", cold));
                figures.Add("vunify, by content", trial.VServer($"--as vunify {method}{all}", cold), trial.PeakKilobytes);
                for (var round = 0; round < (cold ? 2 : Rounds); round++)
                {
                    figures.Add("stat of every file, in parallel", trial.Time($"'{trial.Walker}' stat {Readers} {trial.AllTrees}", cold));
                    figures.Add("vunify again, nothing to do", trial.VServer($"--as vunify {method}{all}", cold), trial.PeakKilobytes);
                }
            }

            using (var trial = new DiskTrial(fileSystem, copies))
            {
                figures.Add("vunify --quick, by package", trial.VServer($"--as vunify --quick {method}{all} -- ALL", cold), trial.PeakKilobytes);
            }

            foreach (var (word, what, command, package, _) in s_tools.Where(t => (against is null || against.Split(',').Contains(t.Word)) && t.FileSystems.Contains(fileSystem)))
            {
                if (word != "link" && !File.Exists("/usr/bin/" + word))
                {
                    Console.WriteLine($"{what}: not installed (apt-get install {package})");
                    continue;
                }

                using var trial = new DiskTrial(fileSystem, copies);
                figures.Add(what, trial.Time(command.Replace("WALK", $"'{trial.Walker}'", StringComparison.Ordinal).Replace("TREES", trial.AllTrees, StringComparison.Ordinal), cold), trial.PeakKilobytes);
            }
        }

        Console.WriteLine($"{fileSystem}, {copies} trees, {(cold ? "cold" : "warm")}, {samples} samples");
        figures.Tell("reading every byte once, in parallel");
        figures.Compare("vunify, by content", s_tools.Where(t => t.Word != "link").Select(t => t.What));
        figures.Compare("vunify, by content", ["reading every byte once, in parallel"]);
        figures.CompareSum("vunify, by content", ["reading every byte once, in parallel", s_tools[0].What]);
        figures.Compare("vunify --quick, by package", [s_tools[0].What]);
        figures.Compare("vunify again, nothing to do", ["stat of every file, in parallel"]);
        return 0;
    }

    /// <summary>Peak memory and time with very many small files: a quarter of them, and all.</summary>
    public static int RunMany(string fileSystem, int copies, int files)
    {
        var method = MethodFor(fileSystem);
        var all = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"c{i}"));
        foreach (var count in (int[])[files / 4, files])
        {
            using var trial = new DiskTrial(fileSystem, copies, count / copies);
            foreach (var what in (string[])["vunify, by content", "vunify again"])
            {
                var time = trial.VServer($"--as vunify {method}{all}");
                DiskTrial.Tell($"{what}, {count} files", time, time, $"   peak {trial.PeakKilobytes / 1024} MB");
            }
        }

        return 0;
    }

    private static string MethodFor(string fileSystem)
    {
        if (fileSystem != "ext4")
        {
            return "";
        }

        Console.WriteLine("Hard links of this run are protected by the immutable flag, which needs no kernel programs.");
        return "--method immutable ";
    }
}
