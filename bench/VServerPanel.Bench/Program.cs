using VServerPanel.Bench;

// Figures are ratios of two things measured in one run, in turn; absolute times are this machine's alone.
return args switch
{
    ["start", .. var rest] => await StartBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 30),
    ["list", .. var rest] => await ListPageBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 1000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: vserver-bench start [RUNS]      vserver NAME start against bare crun run of the same root (root needed)");
    Console.Error.WriteLine("       vserver-bench list [VSERVERS]   the list page with that many vservers against ten");
    return 2;
}
