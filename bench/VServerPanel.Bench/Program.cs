using VServerPanel.Bench;

// Figures are ratios of two things measured in one run, in turn; absolute times are this machine's alone.
return args switch
{
    ["start", .. var rest] => StartBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 40),
    ["list", .. var rest] => await ListPageBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 1000),
    ["calls", .. var rest] => CallsBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 7),
    ["web", .. var rest] => WebBench.Run(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 7),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: vserver-bench start [RUNS]      vserver NAME start against crun run of the same root, bare and as isolated (root needed)");
    Console.Error.WriteLine("       vserver-bench list [VSERVERS]   the list page with that many vservers against ten");
    Console.Error.WriteLine("       vserver-bench calls [ROUNDS]    bind, connect, sendto, open and stat, tied to addresses and not (root, gcc)");
    Console.Error.WriteLine("       vserver-bench web [ROUNDS]      nginx in a vserver, on the bare host, and behind veth and a bridge (root, nginx-light, wrk)");
    return 2;
}
