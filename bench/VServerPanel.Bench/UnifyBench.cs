namespace VServerPanel.Bench;

/// <summary>Unification of copies of one root against tools that do the like, and against the least that anybody would have to do.</summary>
internal static class UnifyBench
{
    private const int Readers = 8;

    public static int Run(string fileSystem, int copies, bool cold)
    {
        var all = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"c{i}"));
        var method = fileSystem == "ext4" ? "--method immutable " : "";
        if (fileSystem == "ext4")
        {
            Console.WriteLine("Hard links of this run are protected by the immutable flag, which needs no kernel programs.");
        }

        double read, stat;
        using (var trial = new DiskTrial(fileSystem, copies))
        {
            var trees = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"'{trial.Tree(i)}'"));
            stat = trial.Time($"'{trial.Walker}' stat {Readers} {trees}", cold);
            read = trial.Time($"'{trial.Walker}' read {Readers} {trees}", cold);
            DiskTrial.Tell("stat of every file, in parallel", stat, read);
            DiskTrial.Tell("reading every byte once, in parallel", read, read);
            DiskTrial.Tell("vunify --plan", trial.VServer($"--plan --as vunify {method}{all}", cold), read);
            var content = trial.VServer($"--as vunify {method}{all}", cold);
            DiskTrial.Tell("vunify, by content", content, read, $"   peak {trial.PeakKilobytes / 1024} MB");
            DiskTrial.Tell("vunify again (against stat)", trial.VServer($"--as vunify {method}{all}", cold), stat);
        }

        using (var trial = new DiskTrial(fileSystem, copies))
        {
            DiskTrial.Tell("vunify --quick, by package", trial.VServer($"--as vunify --quick {method}{all} -- ALL", cold), read);
        }

        if (fileSystem != "btrfs")
        {
            Compare("link and rename of every file, in parallel", "/walk link", $"WALK link {Environment.ProcessorCount} TREES", "gcc");
        }

        Compare("hardlink", "/usr/bin/hardlink", "hardlink TREES", "util-linux-extra or hardlink");
        Compare("jdupes -L", "/usr/bin/jdupes", "jdupes -q -r -L TREES", "jdupes");
        Compare("rdfind", "/usr/bin/rdfind", "rdfind -makehardlinks true -outputname /dev/null TREES", "rdfind");
        return 0;

        void Compare(string what, string program, string command, string package)
        {
            if (program.StartsWith("/usr", StringComparison.Ordinal) && !File.Exists(program))
            {
                Console.WriteLine($"{what}: not installed (apt-get install {package})");
                return;
            }

            using var trial = new DiskTrial(fileSystem, copies);
            var trees = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"'{trial.Tree(i)}'"));
            DiskTrial.Tell(what, trial.Time(command.Replace("WALK", $"'{trial.Walker}'", StringComparison.Ordinal).Replace("TREES", trees, StringComparison.Ordinal), cold), read);
        }
    }
}
