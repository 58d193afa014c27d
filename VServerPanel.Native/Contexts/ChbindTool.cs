using System.Globalization;
using System.Net;
using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Processes;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary><c>chbind --ip IP… COMMAND…</c>: runs a command that can use these addresses only.</summary>
internal sealed class ChbindTool : Tool
{
    public override string Name => "chbind";

    public override bool PassesThrough => true;

    public override bool BecomesAnother => true;

    public override string Summary => "--ip IP… [--bcast IP] COMMAND…: run a command of the host tied to addresses";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is [] or ["--help" or "-h"])
        {
            Console.Out.WriteLine("""
                Usage: chbind [options] COMMAND [arguments]…

                Runs a command, and what it starts, tied to addresses: 0.0.0.0 is the first of them, others cannot be used, and 127.0.0.1 is its own.

                  --ip IP[/BITS|/MASK]    an address, IPv4 or IPv6; or a network device, which means its first IPv4 address; or a host name
                                          (repeatable, up to 16). 0.0.0.0: not tied
                  --bcast IP              broadcast address for UDP; or a network device, which means its own
                  --silent                do not print the addresses

                The command's exit code is the answer; 255 where it cannot be run. The tie ends with the last of its processes.
                """);
            return arguments.Count == 0 ? ExitCodes.Usage : ExitCodes.Success;
        }

        var (addresses, broadcast, isSilent, command) = Parse(arguments);
        var groups = new ContextGroups(call.Paths);
        groups.RemoveEmpty();
        var context = new ContextTable(call.Paths, call.Time).Of(Environment.ProcessId);
        if (context is null or { VServer: not null })
        {
            throw new ProblemException(ProblemCode.NotPermitted, "Can't set the ipv4 root: this is a vserver's context, and IPROOT of its conf file says what it is tied to.");
        }

        var setup = new ContextSetup { Umask = call.Umask };
        if (addresses.Count > 0)
        {
            setup = setup with { StatusLines = Tie(call, groups, context.Number ?? 0, addresses, broadcast, "bind-") };
        }

        if (!isSilent && !call.Options.Silent)
        {
            Console.Out.WriteLine($"ipv4root is now {(addresses.Count > 0 ? string.Join(' ', addresses.Select(a => a.Address)) : "0.0.0.0")}");
        }

        return CommandExec.Run(setup, command, hasOwnMounts: false);
    }

    /// <summary>Makes a tied group in a context and enters it; all sockets that are made from now on are tied.</summary>
    /// <returns>The lines of /proc/PID/status.</returns>
    public static IReadOnlyList<string> Tie(Invocation call, ContextGroups groups, int context, IReadOnlyList<ConfAddress> addresses, IPAddress? broadcast, string kind)
    {
        // the private loopback must be nobody else's: above the numbers of contexts
        const int Contexts = 65536;
        const int Loopbacks = 62 << 16;
        var pid = Environment.ProcessId;
        IReadOnlyList<string> lines = [];
        var names = Enumerable.Range(0, 100).Select(i => string.Create(CultureInfo.InvariantCulture, $"{ContextGroups.NameOf(context)}.{kind}{pid}{(i == 0 ? "" : $"-{i}")}"));
        _ = groups.CreateAndEnter(names, cgroup =>
        {
            var entry = AddressTies.Set(call.Paths, cgroup, addresses, broadcast, Contexts + (pid % Loopbacks));
            lines = StatusLines.Of(context, entry);
        }) ?? throw new ProblemException(ProblemCode.Busy, "Can't set the ipv4 root: no group for it can be made.");
        return lines;
    }

    internal static (IReadOnlyList<ConfAddress> Addresses, IPAddress? Broadcast, bool IsSilent, IReadOnlyList<string> Command) Parse(IReadOnlyList<string> words)
    {
        var addresses = new List<ConfAddress>();
        IPAddress? broadcast = null;
        var (isSilent, isUntied) = (false, false);
        var at = 0;
        for (; at < words.Count && words[at].StartsWith("--", StringComparison.Ordinal) && words[at] != "--"; at++)
        {
            var equals = words[at].IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (words[at], null) : (words[at][..equals], words[at][(equals + 1)..]);
            switch (name)
            {
                case "--silent":
                    isSilent = true;
                    break;
                case "--ip" when Value() is var text:
                    isUntied |= text == "0.0.0.0";
                    addresses.AddRange(text == "0.0.0.0" ? [] : [BoundAddress.Find(text)]);
                    break;
                case "--bcast":
                    broadcast = BoundAddress.FindBroadcast(Value());
                    break;
                default:
                    throw new ProblemException(ProblemCode.InvalidArgument, $"Invalid option {words[at]}. 'chbind --help' lists them.");
            }

            string Value() => value ??= ++at < words.Count ? words[at] : throw new ProblemException(ProblemCode.InvalidArgument, $"{name} needs a value.");
        }

        IReadOnlyList<string> command = [.. words.Skip(at < words.Count && words[at] == "--" ? at + 1 : at)];
        return addresses.Count > Kernel.Ipv4RootEntry.MaximumAddresses ? throw new ProblemException(ProblemCode.InvalidArgument, $"--ip can be given up to {Kernel.Ipv4RootEntry.MaximumAddresses} times.")
            : addresses.Count == 0 && !isUntied ? throw new ProblemException(ProblemCode.InvalidArgument, "Which address? Usage: chbind --ip IP COMMAND…")
            : command.Count == 0 ? throw new ProblemException(ProblemCode.InvalidArgument, "Which command? Usage: chbind --ip IP COMMAND…")
            : (addresses, broadcast, isSilent, command);
    }
}
