using VServerPanel.Native.Commands;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary><c>reducecap [--secure] [--CAP_NAME]… COMMAND…</c>: runs a command with less capabilities.</summary>
internal sealed class ReducecapTool : Tool
{
    public override string Name => "reducecap";

    public override bool NeedsRoot => false;

    public override bool PassesThrough => true;

    public override bool BecomesAnother => true;

    public override string Summary => "[--secure] [--CAP_NAME]… COMMAND…: run a command with a lower ceiling of capabilities";

    public override int Run(IReadOnlyList<string> arguments, Invocation call)
    {
        if (arguments is [] or ["--help" or "-h"])
        {
            Console.Out.WriteLine("""
                Usage: reducecap [options] COMMAND [arguments]…
                       reducecap --show

                Runs a command, and what it starts, with a lower ceiling of capabilities: what is taken away cannot be had again, by set-user-id programs either.

                  --secure                take the capabilities away that a vserver does not have
                  --CAP_NAME              take this one away: --cap_net_raw, --NET_RAW (repeatable)
                  --show                  show the capabilities: of the command's, or of the caller's where no command is given
                  --flag FLAG             lock: no other context from in there; others have no effect without a context

                The command's exit code is the answer; 255 where it cannot be run.
                """);
            return arguments.Count == 0 ? ExitCodes.Usage : ExitCodes.Success;
        }

        var (isSecure, isShown, flags, names, command) = Parse(arguments);
        var taken = CapabilityCeiling.Taken(isSecure, [], names);
        if (isShown)
        {
            foreach (var line in Show(Libc.Capabilities(), Isolation.GuestCapabilities.ReadBoundingSet(), taken))
            {
                Console.Out.WriteLine(line);
            }
        }

        return command.Count == 0
            ? isShown ? ExitCodes.Success : throw new ProblemException(ProblemCode.InvalidArgument, "Which command? Usage: reducecap [options] COMMAND…")
            : CommandExec.Run(new ContextSetup { TakenCapabilities = taken, IsLocked = flags.HasFlag(VServerFlags.Lock), Umask = call.Umask }, command, hasOwnMounts: false);
    }

    internal static (bool IsSecure, bool IsShown, VServerFlags Flags, IReadOnlyList<string> Taken, IReadOnlyList<string> Command) Parse(IReadOnlyList<string> words)
    {
        var (isSecure, isShown, flags, taken) = (false, false, VServerFlags.None, new List<string>());
        var at = 0;
        for (; at < words.Count && words[at].StartsWith("--", StringComparison.Ordinal) && words[at] != "--"; at++)
        {
            switch (words[at])
            {
                case "--secure":
                    isSecure = true;
                    break;
                case "--show":
                    isShown = true;
                    break;
                case "--flag":
                    flags |= ++at < words.Count ? ChcontextOptions.ParseFlag(words[at]) : throw new ProblemException(ProblemCode.InvalidArgument, "--flag needs a value.");
                    break;
                default:
                    taken.Add(CapabilityNames.Find(words[at][2..]) ?? throw new ProblemException(ProblemCode.InvalidArgument, $"Invalid option {words[at]}. 'reducecap --help' lists them."));
                    break;
            }
        }

        return (isSecure, isShown, flags, taken, [.. words.Skip(at < words.Count && words[at] == "--" ? at + 1 : at)]);
    }

    /// <summary>A line each: what can be had at all (ceiling), and what this process has now.</summary>
    internal static IEnumerable<string> Show((ulong Effective, ulong Permitted, ulong Inheritable) now, IReadOnlySet<string> ceiling, IReadOnlyList<string> taken)
    {
        yield return $"{"CAPABILITY",-24} CEILING EFFECTIVE";
        for (var i = 0; i < CapabilityNames.All.Count; i++)
        {
            var name = CapabilityNames.All[i];
            var isLeft = !taken.Contains(name, StringComparer.Ordinal);
            yield return $"{name,-24} {(isLeft && ceiling.Contains(name) ? "yes" : "no"),-7} {(isLeft && (now.Effective & (1ul << i)) != 0 ? "yes" : "no")}";
        }
    }
}
