using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Terminal;

/// <summary>The terminals that are open on all hosts of the panel: the limits are the panel's, and a user's, wherever they are.</summary>
public sealed class OpenTerminals(IOptions<TerminalOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TerminalSession, string> _open = [];

    /// <summary>Counts one in.</summary>
    /// <exception cref="HostProblemException">There are too many.</exception>
    internal void Add(TerminalSession session, string host)
    {
        lock (_gate)
        {
            RefuseIfMany(session.Caller.UserId, host);
            _open.Add(session, host);
        }
    }

    /// <summary>It has ended.</summary>
    internal void Remove(TerminalSession session)
    {
        lock (_gate)
        {
            _open.Remove(session);
        }
    }

    private void RefuseIfMany(string userId, string host)
    {
        if (_open.Count >= options.Value.MostOpen)
        {
            throw new HostProblemException(ProblemCode.NotPermitted, options.Value.MostOpen == 0
                ? $"Terminals are switched off on this panel ({TerminalOptions.Section}:{nameof(TerminalOptions.MostOpen)} is 0)."
                : $"{_open.Count} terminals are open on this panel, and no more are allowed. Close one that is not needed.");
        }

        if (_open.Where(s => s.Key.Caller.UserId == userId).ToList() is var own && own.Count >= options.Value.MostOpenOfOne)
        {
            var which = own.Select(s => s.Value == host ? s.Key.VServer.Value : $"{s.Key.VServer} on {s.Value}").Order(StringComparer.Ordinal);
            throw new HostProblemException(ProblemCode.NotPermitted, $"You have {own.Count} terminals open, and no more are allowed: {string.Join(", ", which)}. Close one that you do not need.");
        }
    }
}
