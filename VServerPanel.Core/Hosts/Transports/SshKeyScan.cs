using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts.Transports;

/// <summary>Asks an sshd for its host key, with nothing but the question sent.</summary>
internal static class SshKeyScan
{
    private const string Seconds = "5";

    // the best first
    private static readonly string[] s_kinds = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];

    /// <summary>The key that is to be pinned: <c>ssh-ed25519 AAAA…</c>.</summary>
    /// <exception cref="HostProblemException">Unreachable: nobody answers, or no sshd does. MissingTool.</exception>
    public static async Task<string> RunAsync(string address, int port, CancellationToken cancellationToken)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("ssh-keyscan", ["-T", Seconds, "-p", port.ToString(CultureInfo.InvariantCulture), "-t", "ed25519,ecdsa,rsa", "--", address])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new HostProblemException(ProblemCode.MissingTool, $"ssh-keyscan could not be run: {e.Message}. Install openssh-client on the panel's machine.", e);
        }

        var (output, errors) = (new OutputTail(), new OutputTail());
        try
        {
            await Task.WhenAll(output.ReadAsync(process.StandardOutput), errors.ReadAsync(process.StandardError), process.WaitForExitAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return Best(output.Text) ?? throw new HostProblemException(
            ProblemCode.Unreachable,
            $"No sshd answers at {address}, port {port}{(Reason(errors.Text) is { Length: > 0 } reason ? $": {reason}" : "")}. Check the address, the port, and that no firewall stands in between.");
    }

    /// <summary>The best key of "[192.0.2.1]:2222 ssh-ed25519 AAAA…" lines.</summary>
    internal static string? Best(string lines) => lines.Split('\n')
        .Select(l => l.TrimEnd('\r').Split(' '))
        .Where(w => w.Length == 3 && s_kinds.Contains(w[1], StringComparer.Ordinal))
        .OrderBy(w => Array.IndexOf(s_kinds, w[1]))
        .Select(w => $"{w[1]} {w[2]}")
        .FirstOrDefault();

    // it tells the banner of who answers in lines that begin with '#'
    private static string Reason(string errors) => TransportProblem.OneLine(string.Join('\n', errors.Split('\n').Where(l => !l.StartsWith('#')).Distinct(StringComparer.Ordinal)));
}
