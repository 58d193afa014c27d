using VServerPanel.Bench;

// Figures are ratios of two things measured in one run, in turn; absolute times are this machine's alone.
return args switch
{
    ["start", .. var rest] => StartBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 40),
    ["list", .. var rest] => await ListPageBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 1000),
    ["calls", .. var rest] => CallsBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 7),
    ["web", .. var rest] => WebBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 7),
    ["vdu", .. var rest] => VduBench.Run(Option(rest, "--fs") ?? "ext4", Number(rest, "--copies", 10)),
    ["clone", .. var rest] => CloneBench.Run(Option(rest, "--fs") ?? "xfs"),
    ["unify", .. var rest] when Option(rest, "--files") is not null => UnifyBench.RunMany(Option(rest, "--fs") ?? "ext4", Number(rest, "--copies", 10), Number(rest, "--files", 1_000_000)),
    ["unify", .. var rest] => UnifyBench.Run(Option(rest, "--fs") ?? "ext4", Number(rest, "--copies", 10), rest.Contains("--cold"), Number(rest, "--samples", 1), Option(rest, "--against")),
    ["rename", .. var rest] => RenameBench.Run(Number(rest, "--rounds", 20), Number(rest, "--files", 25_000)),
    ["move", .. var rest] => await MoveBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 3),
    _ => Usage(),
};

static string? Option(string[] words, string name) => words.SkipWhile(w => w != name).Skip(1).FirstOrDefault();

static int Number(string[] words, string name, int otherwise) => Option(words, name) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

static int Usage()
{
    Console.Error.WriteLine("Usage: vserver-bench start [RUNS]      vserver NAME start against crun run of the same root, bare and as isolated (root needed)");
    Console.Error.WriteLine("       vserver-bench list [VSERVERS]   the list page with that many vservers against ten");
    Console.Error.WriteLine("       vserver-bench calls [ROUNDS]    bind, connect, sendto, open and stat, tied to addresses and not (root, gcc)");
    Console.Error.WriteLine("       vserver-bench web [ROUNDS]      nginx in a vserver, on the bare host, and behind veth and a bridge (root, nginx-light, wrk)");
    Console.Error.WriteLine("       vserver-bench vdu [--fs ext4|xfs|btrfs] [--copies 10]             vdu against du -s, warm and cold (root; these three need mmdebstrap and gcc)");
    Console.Error.WriteLine("       vserver-bench clone [--fs ext4|xfs|btrfs]                         vbuild against cp -al, cp -a --reflink=always and a snapshot");
    Console.Error.WriteLine("       vserver-bench unify [--fs ext4|xfs|btrfs] [--copies 10] [--cold]  vunify against hardlink, jdupes, rdfind, and reading every byte once");
    Console.Error.WriteLine("                           [--samples 1] [--against link,hardlink,jdupes,rdfind,duperemove|none] [--files 1000000: memory with so many small files]");
    Console.Error.WriteLine("       vserver-bench rename [--rounds 20] [--files 25000]                vserver NAME rename NEW, stopped and running, against mv of the tree (root)");
    Console.Error.WriteLine("       vserver-bench move [ROUNDS]     a move between two hosts of this machine against bare rsync of the same tree (root, rsync, sshd)");
    return 2;
}
