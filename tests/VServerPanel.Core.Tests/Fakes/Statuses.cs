using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Fakes;

/// <summary>Vservers for tests; the stable id follows from the name.</summary>
internal static class Statuses
{
    public static Guid IdOf(string name) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    public static VServerStatus Stopped(string name) => new() { Id = IdOf(name), Name = VServerName.Parse(name), State = VServerState.Stopped };

    public static VServerStatus Running(string name) => Stopped(name) with { State = VServerState.Running, StartedAt = DateTimeOffset.UnixEpoch, Context = 100, Processes = 3 };
}
