namespace VServerPanel.Bench;

/// <summary><c>vdu</c> against <c>du -s</c> of the same trees.</summary>
internal static class VduBench
{
    private const int Rounds = 5;

    public static int Run(string fileSystem, int copies)
    {
        using var trial = new DiskTrial(fileSystem, copies);
        foreach (var cold in (bool[])[false, true])
        {
            var (du, directories, vservers) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < (cold ? 2 : Rounds); round++)
            {
                du.Add(trial.Time($"du -s '{trial.Trees}'", cold));
                directories.Add(trial.VServer($"--as vdu '{trial.Trees}'", cold));
                vservers.Add(trial.VServer("--as vdu ALL", cold));
            }

            Console.WriteLine($"{fileSystem}, {copies} trees, {(cold ? "cold" : "warm")}");
            DiskTrial.Tell("du -s", Shell.Median(du), Shell.Median(du));
            DiskTrial.Tell("vdu DIR", Shell.Median(directories), Shell.Median(du));
            DiskTrial.Tell("vdu ALL, with what is shared", Shell.Median(vservers), Shell.Median(du), $"   peak {trial.PeakKilobytes / 1024} MB");
        }

        return 0;
    }
}
