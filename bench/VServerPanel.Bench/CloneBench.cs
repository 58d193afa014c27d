namespace VServerPanel.Bench;

/// <summary>A clone of one root against what the file system's own tools do.</summary>
internal static class CloneBench
{
    private const int Rounds = 5;

    public static int Run(string fileSystem)
    {
        using var trial = new DiskTrial(fileSystem, 2);
        var (source, copy) = (trial.Tree(0), trial.Trees + "/copy");
        var method = "";
        var theirs = $"cp -a --reflink=always '{source}' '{copy}'";
        if (fileSystem == "ext4")
        {
            Console.WriteLine("Hard links of this run are protected by the immutable flag, which needs no kernel programs: some calls more a file than by those, two of which write its inode.");
            trial.VServer("--as vunify --method immutable c0 c1");
            (method, theirs) = ("--method immutable ", $"cp -al '{source}' '{copy}'");

            // cp -al cannot link what is immutable
            DiskTrial.Sh($"chattr -R -f -i '{trial.Tree(1)}'; cp -a '{trial.Tree(1)}' '{trial.Trees}/plain'");
            DiskTrial.Sh($"chattr -R -f -i '{source}'; true");
            theirs = $"cp -al '{trial.Trees}/plain' '{copy}'";
        }

        var (a, b, c) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            a.Add(trial.Time(theirs));
            Remove();
            if (fileSystem == "btrfs")
            {
                c.Add(trial.Time($"btrfs subvolume snapshot '{source}' '{copy}'"));
                DiskTrial.Sh($"btrfs -q subvolume delete '{copy}'");
            }

            DiskTrial.Sh($"sync -f '{trial.Trees}'");
            b.Add(trial.VServer($"--as vbuild {method}'{source}' '{copy}'"));
            Remove();
        }

        DiskTrial.Tell(theirs.Split('\'')[0].Trim(), Shell.Median(a), Shell.Median(a));
        if (c.Count > 0)
        {
            DiskTrial.Tell("btrfs subvolume snapshot", Shell.Median(c), Shell.Median(a));
        }

        DiskTrial.Tell("vbuild, on the disk when it ends", Shell.Median(b), Shell.Median(a));
        return 0;

        void Remove() => DiskTrial.Sh($"chattr -R -f -i '{copy}' 2>/dev/null; btrfs -q subvolume delete '{copy}' 2>/dev/null || rm -rf '{copy}'; sync -f '{trial.Trees}'");
    }
}
