using System.CommandLine;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>The options of <c>vserver NAME build</c> and <c>newvserver</c>.</summary>
internal sealed class BuildOptions
{
    private readonly Option<string> _method = Text("--method", "debootstrap, tar, oci, clone or skeleton", "METHOD");
    private readonly Option<string> _source = Text("--source", "suite, tarball, OCI layout directory, or vserver (/: this host) to make it from", "SOURCE");
    private readonly Option<string> _clone = Text("--clone", "as --method clone --source", "SOURCE");
    private readonly Option<string> _suite = Text("--suite", "Debian's or Ubuntu's release (default: this host's)", "SUITE");
    private readonly Option<string> _mirror = Text("--mirror", "where packages come from (default: as this host)", "URL");
    private readonly Option<string> _variant = Text("--variant", "essential, apt, minbase, important or standard (default: minbase)", "VARIANT");
    private readonly Option<string[]> _include = Texts("--include", "package to install as well; repeatable", "PACKAGE");
    private readonly Option<string> _hostname = Text("--hostname", "its host name (default: NAME)", "HOST");
    private readonly Option<string[]> _ip = Texts("--ip", "an address, [device:]address[/bits]; repeatable", "ADDRESS");
    private readonly Option<string> _onDevice = Text("--ondev", "device that carries the addresses while it runs", "DEVICE");
    private readonly Option<string> _network = Text("--network", "shared: the host's; private: one of its own", "MODE");
    private readonly Option<string> _link = Text("--link", "of a private network: bridge or macvlan, on --ondev", "KIND");
    private readonly Option<string[]> _gateway = Texts("--gateway", "router of a private network; repeatable, one of IPv4 and one of IPv6", "ADDRESS");
    private readonly Option<string[]> _dns = Texts("--dns", "a name server; repeatable", "ADDRESS");
    private readonly Option<string> _description = Text("--desc", "a line that lists show", "TEXT");
    private readonly Option<string> _memory = Text("--memory", "limit in bytes, or with K, M, G", "SIZE");
    private readonly Option<string> _pids = Text("--pids", "how many processes it may have", "NUMBER");
    private readonly Option<string> _cpus = Text("--cpus", "how many processors it may use, such as 0.5", "NUMBER");
    private readonly Option<bool> _onBoot = new("--onboot") { Description = "start it when the host boots" };
    private readonly Option<string[]> _set = Texts("--set", "any key of its conf file; repeatable", "KEY=VALUE");
    private readonly Option<string> _unify = new("--unify") { Description = "1: a clone shares the files that may be shared with its source; 0: it does not", HelpName = "1|0", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _start = new("--start") { Description = "start it when it is made" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_method, _source, _clone, _suite, _mirror, _variant, _include, _hostname, _ip, _onDevice, _network, _link, _gateway, _dns, _description, _memory, _pids, _cpus, _onBoot, _set, _unify, _start])
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for, over the host's defaults.</summary>
    /// <exception cref="ProblemException">InvalidArgument, Unsupported.</exception>
    public BuildRequest Read(ParseResult result, VServerName name, BuildDefaults defaults)
    {
        var isUnifyAsked = result.GetResult(_unify) is { Implicit: false };
        var unify = isUnifyAsked ? result.GetValue(_unify) ?? "1" : defaults.Unify ?? "0";
        if (unify is not ("0" or "1"))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, $"--unify is 1 or 0, not '{unify}'.");
        }

        var clone = result.GetValue(_clone);
        var source = result.GetValue(_source) ?? clone;
        var suite = result.GetValue(_suite);
        if (clone is not null && (result.GetValue(_source) is not null || result.GetValue(_method) is not (null or "clone")))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "--clone stands for '--method clone --source'; give one or the other.");
        }

        var asked = result.GetValue(_method) ?? (clone is not null ? "clone" : null);
        var method = ReadMethod(asked ?? defaults.Method ?? "debootstrap");
        if (isUnifyAsked && unify == "1" && method != BuildMethod.Clone)
        {
            throw new ProblemException(ProblemCode.InvalidArgument, "--unify 1 needs a vserver to share files with: --method clone --source NAME. What is made by other methods can be unified afterwards: vunify.");
        }

        var settings = new List<KeyValuePair<string, string>>(defaults.Settings);
        Add(ConfKeys.IpRoot, Join(_ip));
        Add(ConfKeys.IpRootDev, result.GetValue(_onDevice));
        Add(ConfKeys.NetworkMode, result.GetValue(_network));
        Add(ConfKeys.NetworkLink, result.GetValue(_link));
        Add(ConfKeys.Gateway, Join(_gateway));
        Add(ConfKeys.Dns, Join(_dns));
        Add(ConfKeys.MemoryLimit, result.GetValue(_memory));
        Add(ConfKeys.PidsLimit, result.GetValue(_pids));
        Add(ConfKeys.CpuLimit, result.GetValue(_cpus));
        Add(ConfKeys.OnBoot, result.GetValue(_onBoot) ? "yes" : null);
        foreach (var setting in result.GetValue(_set) ?? [])
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            Add(equals > 0 ? setting[..equals] : throw new ProblemException(ProblemCode.InvalidArgument, $"--set takes KEY=VALUE, not '{setting}'."), setting[(equals + 1)..]);
        }

        return new BuildRequest
        {
            Name = name,
            Method = method,
            Source = source ?? (asked is null || asked == defaults.Method ? defaults.Source : null),
            Suite = suite ?? defaults.Suite,
            Mirror = result.GetValue(_mirror) ?? defaults.Mirror,
            Variant = result.GetValue(_variant) ?? defaults.Variant,
            Include = [.. (result.GetValue(_include) ?? []).SelectMany(p => p.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))],
            IsUnified = unify == "1" && method == BuildMethod.Clone,
            IsUnifiedByDefault = !isUnifyAsked,
            Description = result.GetValue(_description) ?? "",
            Hostname = result.GetValue(_hostname),
            Settings = settings,
            Start = result.GetValue(_start),
        };

        string? Join(Option<string[]> option) =>
            result.GetValue(option) is { Length: > 0 } words ? string.Join(' ', words.SelectMany(a => a.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))) : null;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                settings.Add(new(key, value));
            }
        }
    }

    private static BuildMethod ReadMethod(string word) => word switch
    {
        "debootstrap" => BuildMethod.Debootstrap,
        "tar" => BuildMethod.Tar,
        "oci" => BuildMethod.Oci,
        "clone" => BuildMethod.Clone,
        "skeleton" => BuildMethod.Skeleton,
        _ => throw new ProblemException(ProblemCode.InvalidArgument, $"There is no method '{word}'. The methods are debootstrap, tar, oci, clone and skeleton."),
    };

    private static Option<string> Text(string name, string description, string value) => new(name) { Description = description, HelpName = value };

    private static Option<string[]> Texts(string name, string description, string value) => new(name) { Description = description, HelpName = value, AllowMultipleArgumentsPerToken = false };
}
