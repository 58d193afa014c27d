using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Says what is wrong when the host command itself did not, and what to do about it.</summary>
internal static class TransportProblem
{
    public static ProblemEvent NotStarted(IReadOnlyList<string> command, string why) =>
        new(ProblemCode.MissingTool, $"'{command[0]}' could not be run: {why}. Run vserver-setup as root on this machine; it installs what the panel needs.", Path: command[0]);

    public static ProblemEvent EndedWithoutAnswer(IReadOnlyList<string> command, int exitCode, string errors)
    {
        var name = string.Join(' ', command);
        if (errors.StartsWith("sudo:", StringComparison.Ordinal) || errors.Contains("is not in the sudoers file", StringComparison.Ordinal) || errors.Contains("is not allowed to", StringComparison.Ordinal))
        {
            return errors.Contains("command not found", StringComparison.Ordinal)
                ? new ProblemEvent(ProblemCode.MissingTool, $"'{name}' could not be run: {OneLine(errors)}. Install the vserver command: run vserver-setup as root on this machine.")
                : new ProblemEvent(ProblemCode.NotPermitted, $"sudo refused to run '{name}' for the user {Environment.UserName}: {OneLine(errors)}. Run vserver-setup as root on this machine; it writes the sudoers rule.");
        }

        var told = errors.Length == 0 ? "It wrote nothing to standard error." : $"Its last words: {OneLine(errors)}";
        return new ProblemEvent(ProblemCode.Terminated, $"'{name}' ended with code {exitCode} without an answer. {told}");
    }

    public static ProblemEvent NewerProtocol(int version) =>
        new(ProblemCode.Unsupported, $"The host command speaks version {version} of the protocol, this panel version {WireProtocol.Version}. Update the panel.");

    public static ProblemEvent Misread(string line) =>
        new(ProblemCode.Internal, $"The host command wrote a line that is not of the protocol: '{OneLine(line)}'. Panel and host command may be of different versions.");

    internal static string OneLine(string text)
    {
        var line = string.Join(" / ", text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        line = string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length > 500 ? "… " + line[^500..] : line;
    }
}
