using System.Globalization;
using System.Diagnostics;

namespace VServerPanel.Bench;

/// <summary>A file system in a file of its own with the trees of some vservers, all copies of one server's root. It is gone after the measurement.</summary>
internal sealed class DiskTrial : IDisposable
{
    private static readonly string s_command = Environment.GetEnvironmentVariable("VSERVER_COMMAND") ?? Path.Combine(Shell.RepositoryRoot(), "artifacts/native/vserver");
    private readonly string _image;

    /// <param name="fileSystem">ext4, xfs or btrfs.</param>
    /// <param name="copies">How many trees.</param>
    /// <param name="smallFiles">So many small files in each, instead of a server's root; 0: the root.</param>
    public DiskTrial(string fileSystem, int copies, int smallFiles = 0)
    {
        if (smallFiles == 0)
        {
            Shell.Run(Path.Combine(Shell.RepositoryRoot(), "bench/VServerPanel.Bench/server-root"), []);
        }

        Prefix = Directory.CreateDirectory($"/var/tmp/vserver-bench-{Guid.NewGuid():n}"[..30]).FullName;
        _image = Prefix + ".image";

        // two more copies of each: hard links are broken, and clones made. Without the host's cache below the one that is measured, and without a file system that is still being made
        var options = fileSystem == "ext4" ? "-E lazy_itable_init=0,lazy_journal_init=0 -i 8192" : "";
        Sh($"truncate -s {(smallFiles > 0 ? 24 : (copies * 2) + 6)}G '{_image}' && mkfs.{fileSystem} -q {options} '{_image}' && mkdir -p '{Trees}' '{Prefix}/etc/vservers'");
        Sh($"device=$(losetup -f --show --direct-io=on '{_image}') && mount -o noatime $device '{Trees}'; code=$?; losetup -d $device; exit $code");
        Walker = Prefix + "/walk";
        Shell.Run("gcc", ["-O2", "-pthread", "-o", Walker, Path.Combine(Shell.RepositoryRoot(), "bench/VServerPanel.Bench/walk.c")]);
        for (var i = 0; i < copies; i++)
        {
            Sh((fileSystem == "btrfs" ? $"btrfs -q subvolume create '{Tree(i)}'" : $"mkdir '{Tree(i)}'") + $" && {(smallFiles > 0 ? "true" : $"tar -C '{Tree(i)}' --numeric-owner --exclude='./dev/*' -xf /var/tmp/vserverpanel-bench-cache/server-bookworm.tar")} && touch '{Prefix}/etc/vservers/c{i}.conf'");
        }

        AllTrees = string.Join(' ', Enumerable.Range(0, copies).Select(i => $"'{Tree(i)}'"));
        if (smallFiles > 0)
        {
            Sh($"'{Walker}' make:{smallFiles} {Environment.ProcessorCount} {AllTrees}");
        }

        Sh($"sync -f '{Trees}'");
    }

    public string Prefix { get; }

    public string Trees => Prefix + "/vservers";

    public string Walker { get; }

    /// <summary>Words of a command line.</summary>
    public string AllTrees { get; }

    /// <summary>Kilobytes that the last command had at most.</summary>
    public long PeakKilobytes { get; private set; }

    public string Tree(int number) => $"{Trees}/c{number}";

    /// <summary>Forgets what the kernel has of the disk.</summary>
    public static void Chill() => Sh("sync; echo 3 > /proc/sys/vm/drop_caches");

    public static void Sh(string script) => Shell.Run("/bin/sh", ["-c", script]);

    /// <returns>Wall time in milliseconds of a command line; what it writes is thrown away.</returns>
    public double Time(string script, bool cold = false)
    {
        if (cold)
        {
            Chill();
        }

        var peak = Prefix + "/peak";
        var time = Stopwatch.StartNew();
        Shell.Run("/bin/sh", ["-c", $"exec /usr/bin/time -q -o '{peak}' -f %M {script} > /dev/null"], new Dictionary<string, string> { ["VSERVER_PREFIX"] = Prefix });
        var elapsed = time.Elapsed.TotalMilliseconds;
        PeakKilobytes = long.Parse(File.ReadLines(peak).Last(), CultureInfo.InvariantCulture);
        return elapsed;
    }

    /// <returns>Wall time in milliseconds of our command.</returns>
    public double VServer(string words, bool cold = false) => Time($"'{s_command}' --silent {words}", cold);

    public static void Tell(string what, double milliseconds, double reference, string note = "") =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-46} {milliseconds,9:0} ms   {milliseconds / reference,6:0.00} times{note}"));

    public void Dispose()
    {
        Sh($"chattr -R -f -i '{Trees}' 2>/dev/null; umount '{Trees}'; rm -rf --one-file-system '{Prefix}' '{_image}'");
    }
}
