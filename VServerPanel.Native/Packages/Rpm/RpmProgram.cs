namespace VServerPanel.Native.Packages.Rpm;

/// <summary><c>rpm</c>; words without a leading option are packages to install or upgrade, as the classic vrpm had it.</summary>
internal sealed class RpmProgram : RpmManager
{
    private static readonly string[] s_panelVerbs = ["-U", "-Uvh", "--upgrade", "-F", "-Fvh", "--freshen", "-i", "-ivh", "--install", "-e", "--erase"];
    private static readonly string[] s_panelOptions = ["--test", "--oldpackage", "--replacepkgs", "--excludedocs"];

    public override string Tool => "vrpm";

    public override string Program => "rpm";

    public override IReadOnlyList<string> Command(string program, IReadOnlyList<string> arguments) => arguments is [['-', ..], ..] ? [program, .. arguments] : [program, "-Uvh", .. arguments];

    // rpm(8): a query or verification has its letter first; with --test nothing is done
    public override bool ChangesPackages(IReadOnlyList<string> arguments) =>
        !(arguments is [var verb, ..] && (verb.StartsWith("-q", StringComparison.Ordinal) || verb.StartsWith("-V", StringComparison.Ordinal) || verb is "--query" or "--verify")) && !arguments.Contains("--test", StringComparer.Ordinal);

    public override bool IsOpenToPanel(IReadOnlyList<string> arguments)
    {
        IEnumerable<string> rest = arguments is [['-', ..] verb, ..] ? s_panelVerbs.Contains(verb, StringComparer.Ordinal) ? arguments.Skip(1) : [""] : arguments;
        return arguments.Count > 0 && rest.All(a => s_panelOptions.Contains(a, StringComparer.Ordinal) || IsName(a));
    }
}
