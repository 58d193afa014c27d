using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Output;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary><c>vserver NAME config show | check | set [--digest HEX] [KEY=VALUE…]</c></summary>
internal sealed class ConfigVerb : Verb
{
    private const string UsageLine = """
        Usage: vserver NAME config show                    print the conf file and what is wrong with it
               vserver NAME config check                   check a text from standard input
               vserver NAME config set [--digest HEX]      save a text from standard input
               vserver NAME config set [--digest HEX] KEY=VALUE…   change keys, and no other byte
        """;

    public override string Name => "config";

    public override bool OpenToPanel => true;

    public override string Usage => "show|check|set";

    public override string Summary => "show, check or change the conf file";

    public override int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call)
    {
        switch (arguments)
        {
            case ["--help" or "-h"]:
                Console.Out.WriteLine(UsageLine);
                return ExitCodes.Success;
            case ["show"]:
                Show(name, call);
                return ExitCodes.Success;
            case ["check"]:
                return Check(name, ReadInput(), call);
            case ["set", "--digest", var digest, ..]:
                return ConfigChange.Run(name, CheckDigest(digest), File(name, [.. arguments.Skip(3)], call), call);
            case ["set", ..]:
                return ConfigChange.Run(name, null, File(name, [.. arguments.Skip(1)], call), call);
            default:
                throw new ProblemException(ProblemCode.InvalidArgument, UsageLine);
        }
    }

    private static void Show(VServerName name, Invocation call)
    {
        var file = ConfFile.Read(call.Paths.ConfOf(name));
        var document = ConfChecks.Describe(file, name, call.Paths);
        call.Report.Result(document, document.Text.TrimEnd('\n'));
        TellPeople(document.Findings, call);
    }

    private static int Check(VServerName name, ConfFile text, Invocation call)
    {
        var check = new ConfCheck(ConfChecks.Findings(text, name, call.Paths), ConfChecks.RestartNeeded(ConfFile.Read(call.Paths.ConfOf(name)), text));
        TellPeople(check.Findings, call);
        call.Report.Result(check, check.Findings.Any(f => f.IsError) ? "It cannot be saved like this." : "It can be saved.");
        return call.Options.Json || !check.Findings.Any(f => f.IsError) ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static Func<ConfFile> File(VServerName name, IReadOnlyList<string> changes, Invocation call)
    {
        if (changes.Count == 0)
        {
            var text = ReadInput();
            return () => text;
        }

        var pairs = changes.Select(c => c.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? (Key: c[..at], Value: c[(at + 1)..])
            : throw new ProblemException(ProblemCode.InvalidArgument, $"'{c}' is no KEY=VALUE.\n{UsageLine}")).ToList();
        return () =>
        {
            var file = ConfFile.Read(call.Paths.ConfOf(name));
            foreach (var (key, value) in pairs)
            {
                try
                {
                    file.Set(key, value);
                }
                catch (ArgumentException e)
                {
                    throw new ProblemException(ProblemCode.InvalidArgument, e.Message, e);
                }
            }

            return file;
        };
    }

    private static ConfFile ReadInput()
    {
        using var input = Console.OpenStandardInput();
        var bytes = new byte[ConfFile.MaximumSize + 1];
        var length = input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= ConfFile.MaximumSize
            ? ConfFile.Parse(bytes.AsSpan(0, length))
            : throw new ProblemException(ProblemCode.InvalidArgument, $"A conf file has at most {ConfFile.MaximumSize} bytes.");
    }

    private static string CheckDigest(string digest) => digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower)
        ? digest
        : throw new ProblemException(ProblemCode.InvalidArgument, "A digest has 64 hexadecimal digits, as 'config show --json' tells it.");

    private static void TellPeople(IReadOnlyList<ConfFinding> findings, Invocation call)
    {
        if (!call.Options.Json)
        {
            foreach (var finding in findings)
            {
                Console.Error.WriteLine(ReporterExtensions.Printable(ConfChecks.Sentence(finding)));
            }
        }
    }
}
