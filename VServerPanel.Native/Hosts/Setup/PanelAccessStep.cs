using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Hosts.Gate;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>Lets the panel of another machine in by ssh, as the panel's user and through the gate only.</summary>
internal sealed class PanelAccessStep(HostPaths paths, PanelKey? key) : SetupStep
{
    private const string Shell = "/bin/sh";
    private const string NoShell = "/usr/sbin/nologin";

    public override string Title => "The other machine's panel";

    public override IReadOnlyList<string> Notes => key is not null && ChildProcess.Find("sshd") is null ? ["No sshd was found here: install openssh-server, else no panel gets in."] : [];

    // Root writes below a directory of the panel's user, who could put a link there: so it is opened as a guest's root is, and nothing is taken over from the file but lines
    // that are ours through and through.
    private const string KeysFile = ".ssh/authorized_keys";

    private string Home => DirectoriesStep.PanelData(paths);

    private string Forced => $"restrict,command=\"{ToolLinksStep.Command(paths)} --as {VServerGateTool.ToolName}\" ";

    private List<PanelKey> Allowed => [.. (Read() ?? "").Split('\n').Where(l => l.StartsWith(Forced, StringComparison.Ordinal)).Select(l => PanelKey.Parse(l[Forced.Length..]))];

    public override IReadOnlyList<string> Missing()
    {
        if (key is null)
        {
            return [];
        }

        var missing = new List<string>();
        if (Read() is not { } text || text != Text(Allowed) || !Allowed.Contains(key))
        {
            missing.Add($"Let the panel with the key {key} run {ToolLinksStep.Command(paths)} here, and nothing else ({Home}/{KeysFile})");
        }

        if (ShellOf() != Shell)
        {
            missing.Add($"Give the user {HostPaths.PanelUser} the shell {Shell}, by which sshd calls that command, and still no password");
        }

        return missing;
    }

    public override void Apply()
    {
        Write([.. Allowed.Where(k => k != key), key!]);
        if (ShellOf() != Shell)
        {
            // '*' is no password either; with '!' sshd takes the account for locked where it does not ask PAM (sshd(8), LOGIN PROCESS)
            new ChildProcess { Program = "usermod", Arguments = ["--shell", Shell, "--password", "*", HostPaths.PanelUser] }.Run();
        }
    }

    /// <summary>Lets the panel of that key in no more; without a key, none. Ends what connections there are: nothing tells whose they are, and a panel that is let in connects again by itself.</summary>
    /// <returns>How many keys are let in yet, and how many connections there were.</returns>
    /// <exception cref="ProblemException">NotFound: no panel of that key was let in.</exception>
    public (int Left, int Ended) Remove()
    {
        var allowed = Allowed;
        if (key is not null && !allowed.Contains(key))
        {
            throw new ProblemException(ProblemCode.NotFound, $"No panel with the key {key} is let in here, so there is nothing to take away.");
        }

        List<PanelKey> left = key is null ? [] : [.. allowed.Where(k => k != key)];
        if (Read() is not null)
        {
            Write(left);
        }

        if (left.Count == 0 && ShellOf() == Shell)
        {
            new ChildProcess { Program = "usermod", Arguments = ["--shell", NoShell, HostPaths.PanelUser] }.Run();
        }

        return (left.Count, PanelConnections.End());
    }

    private string Text(IEnumerable<PanelKey> keys) => string.Concat(keys.Select(k => $"{Forced}{k.Text} vserverpanel\n"));

    private string? Read()
    {
        if (!Directory.Exists(Home))
        {
            return null;
        }

        using var home = OpenHome();
        return GuestRoot.Read(home, KeysFile);
    }

    private void Write(IEnumerable<PanelKey> keys)
    {
        using var home = OpenHome();
        GuestRoot.EnsureDirectory(home, Path.GetDirectoryName(KeysFile)!, 0b111_101_101);
        if (!GuestRoot.Write(home, KeysFile, Text(keys)))
        {
            throw new ProblemException(ProblemCode.Conflict, $"'{Home}/{Path.GetDirectoryName(KeysFile)}' is no directory, so no key can be kept in it. Look who made it, remove it, and try again.");
        }

        ErrnoException.ThrowIfFailed(Libc.syncfs(home), "syncfs", Home);
    }

    private SafeFileHandle OpenHome() => Libc.open(Home, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);

    private static string? ShellOf() => new ChildProcess { Program = "getent", Arguments = ["passwd", HostPaths.PanelUser] }.Try() is { ExitCode: 0 } entry ? entry.Output.Trim().Split(':')[^1] : null;
}
