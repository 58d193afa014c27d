using VServerPanel.Native.Commands;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Auditing;

/// <summary>Finds out who asked.</summary>
internal static class CallerActor
{
    private const uint NoLoginUid = uint.MaxValue;

    /// <summary>The actor of this process, with what the panel says of its user.</summary>
    /// <exception cref="ProblemException">NotPermitted: a sudo user other than the panel's speaks for others.</exception>
    public static Actor Find(GlobalOptions options)
    {
        var sudoUser = NullIfEmpty(Environment.GetEnvironmentVariable("SUDO_USER"));
        if ((options.ActorUser is not null || options.ActorAddress is not null) && sudoUser is not (null or "root" or HostPaths.PanelUser))
        {
            throw new ProblemException(ProblemCode.NotPermitted, $"--actor-user and --actor-address are for root and the panel; '{sudoUser}' cannot speak for another.");
        }

        return new Actor(Login(), sudoUser, NullIfEmpty(options.ActorUser), NullIfEmpty(options.ActorAddress) ?? SshAddress());
    }

    /// <summary>Whether the panel's web process is the caller: it is trusted with less than root.</summary>
    public static bool IsPanel(Actor actor) => actor.SudoUser == HostPaths.PanelUser;

    private static string Login()
    {
        // proc(5): loginuid is the audit uid of the session, kept through su and sudo
        var uid = Libc.getuid();
        if (File.Exists("/proc/self/loginuid") && uint.TryParse(File.ReadAllText("/proc/self/loginuid"), out var login) && login != NoLoginUid)
        {
            uid = login;
        }

        return UserName(uid);
    }

    // getpwuid(3) asks every source of users that the host has (nsswitch.conf), not the file alone
    private static string UserName(uint uid) => Libc.UserName(uid) ?? $"uid {uid}";

    private static string? SshAddress() => NullIfEmpty(Environment.GetEnvironmentVariable("SSH_CONNECTION"))?.Split(' ')[0];

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
