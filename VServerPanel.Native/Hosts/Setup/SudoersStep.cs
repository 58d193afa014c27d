using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>The rule that lets the panel's user run the one command as root. A faulty file could lock everybody out of sudo, so visudo reads it first.</summary>
internal sealed class SudoersStep(HostPaths paths) : SetupStep
{
    private const uint Mode = 0b100_100_000;

    private readonly List<string> _notes = [];

    public override string Title => "The sudo rule";

    public override IReadOnlyList<string> Notes => _notes;

    // sudo reads /etc/sudoers.d only, so a trial's rule lies there too, under a name of its own
    private string RulePath => "/etc/sudoers.d/vserverpanel" + (paths.Prefix.Length == 0 ? "" : paths.CgroupParent["/vservers".Length..]);

    private string Rule => RuleFor(ToolLinksStep.Command(paths));

    public override IReadOnlyList<string> Missing()
    {
        _notes.Clear();
        if (SystemFile.Read(RulePath) == Rule)
        {
            return [];
        }

        if (paths.Prefix.Length > 0)
        {
            _notes.Add($"The sudo rule of this trial lies outside of it, in {RulePath}: sudo reads no other place. 'make uninstall' removes it.");
        }

        return [$"Let {HostPaths.PanelUser} run {ToolLinksStep.Command(paths)} as root, and nothing else ({RulePath})"];
    }

    public override void Apply()
    {
        ChildProcess.Require("sudo");
        var visudo = ChildProcess.Require("visudo", "sudo");

        // sudo passes over names with a dot
        var draft = RulePath + ".new";
        SystemFile.Write(draft, Rule, Mode);
        try
        {
            var check = new ChildProcess { Program = visudo, Arguments = ["-c", "-q", "-f", draft] }.Try();
            if (check.ExitCode != 0)
            {
                throw new ProblemException(ProblemCode.Unsupported, $"sudo of this machine does not accept the rule, so it was not installed: {(check.Error + check.Output).Trim()}", path: RulePath);
            }

            if (SystemFile.Read(RulePath) is not null)
            {
                File.Copy(RulePath, RulePath + ".bak", overwrite: true);
            }

            File.Move(draft, RulePath, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }

        var list = new ChildProcess { Program = "sudo", Arguments = ["-n", "-l", "-U", HostPaths.PanelUser, ToolLinksStep.Command(paths)] }.Try();
        if (list.ExitCode != 0)
        {
            _notes.Add("sudo does not follow the rule yet: /etc/sudoers must have the line '@includedir /etc/sudoers.d'.");
        }
    }

    /// <summary>The file's text for a command.</summary>
    /// <exception cref="ProblemException">InvalidArgument: the path has characters that mean something in sudoers(5), or are no path for every version of sudo.</exception>
    internal static string RuleFor(string command) => command.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')
        ? SystemFile.Template("vserverpanel.sudoers").Replace("@COMMAND@", command, StringComparison.Ordinal)
        : throw new ProblemException(ProblemCode.InvalidArgument, $"sudo cannot be told to allow '{command}'. Choose a {HostPaths.PrefixVariable} of letters, digits, '.', '_' and '-'.");

    public void Remove() => File.Delete(RulePath);
}
