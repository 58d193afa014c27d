using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Says what it means that ssh ended without an answer of the host's, and what to do about it.</summary>
internal static class SshProblem
{
    // what ssh itself ends with; else it is the exit code of what ran there (ssh(1), EXIT STATUS)
    private const int OfSshItself = 255;

    // Nothing was asked of the host then. With any other word it may have been, and what it did is found out when it answers again.
    private static readonly string[] s_beforeASession = ["ssh: ", "kex_exchange_identification", "banner exchange"];

    public static ProblemEvent EndedWithoutAnswer(SshHost host, int exitCode, string errors)
    {
        if (exitCode != OfSshItself)
        {
            return Has("not found") || Has("No such file") || Has("not available")
                ? new ProblemEvent(ProblemCode.MissingTool, $"{host.Name} lets the panel in, but has no command for it: {TransportProblem.OneLine(errors)}. Install VServerPanel's command there, and run vserver-setup as root.")
                : TransportProblem.EndedWithoutAnswer([$"vserver on {host.Name}"], exitCode, errors);
        }

        // a key that could not be checked is as bad as a wrong one: nothing is sent to who has it
        if (Has("HOST IDENTIFICATION HAS CHANGED") || Has("Host key verification failed") || Has("no matching host key"))
        {
            return new ProblemEvent(
                ProblemCode.Conflict,
                $"DANGER: what answers at {host.Address} does not have the host key that is pinned for {host.Name}. Either the machine was set up anew, or somebody stands in between. "
                + "Nothing was sent. If you know why, compare 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' there, remove the host here and add it again.");
        }

        return Has("Permission denied")
            ? new ProblemEvent(ProblemCode.NotPermitted, $"{host.Name} does not accept the panel's key. Run there as root: vserver-setup --allow-panel 'KEY', with the key that the panel shows.")
            : s_beforeASession.Any(Has)
                ? new ProblemEvent(ProblemCode.Unreachable, $"{host.Name} cannot be reached: {TransportProblem.OneLine(errors)}")
                : new ProblemEvent(ProblemCode.Terminated, $"The connection to {host.Name} broke{(errors.Length == 0 ? "." : $": {TransportProblem.OneLine(errors)}")}");

        bool Has(string words) => errors.Contains(words, StringComparison.Ordinal);
    }
}
