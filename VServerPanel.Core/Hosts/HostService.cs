using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>What the host is and what it can do.</summary>
public sealed class HostService(IHostCommand host, TimeProvider time)
{
    /// <summary>The report is asked for again when it is older than this.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(15);

    private readonly SharedAnswer<HostReport> _report = new(() => host.AskAsync<HostReport>(new HostRequest(["vserver-info"])), Freshness, time);

    /// <summary>The host's name in the directory, in jobs and in the audit history.</summary>
    public string HostName { get; } = host.HostName;

    /// <summary>The last report, however old; null where there is none yet.</summary>
    public HostReport? Latest => _report.Latest;

    /// <summary>The host's report, at most <see cref="Freshness"/> old.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<HostReport> InfoAsync(bool refresh = false, CancellationToken cancellationToken = default) => _report.GetAsync(refresh, cancellationToken);
}
