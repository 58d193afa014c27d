using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>What the host is and what it can do.</summary>
public sealed class HostService(IHostCommand host, TimeProvider time) : IDisposable
{
    /// <summary>The report is asked for again when it is older than this.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private HostReport? _report;
    private long _askedAt;

    /// <summary>The host's name in the directory, in jobs and in the audit history.</summary>
    public string HostName => host.HostName;

    /// <summary>The host's report, at most <see cref="Freshness"/> old.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public async Task<HostReport> InfoAsync(bool refresh = false, CancellationToken cancellationToken = default)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (refresh || _report is null || time.GetElapsedTime(_askedAt) > Freshness)
            {
                _report = await host.AskAsync<HostReport>(new HostRequest(["vserver-info"]), cancellationToken);
                _askedAt = time.GetTimestamp();
            }

            return _report;
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();
}
