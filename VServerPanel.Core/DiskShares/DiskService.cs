using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.DiskShares;

/// <summary>What vservers take on disk, alone and together.</summary>
public sealed class DiskService
{
    /// <summary>A measurement is a walk through all trees: it is done again when the last is older than this, or when somebody asks for it.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(10);

    private readonly IHostCommand _host;
    private readonly TimeProvider _time;
    private readonly SharedAnswer<DiskMeasurement> _measurement;

    public DiskService(IHostCommand host, TimeProvider time)
    {
        (_host, _time) = (host, time);
        _measurement = new SharedAnswer<DiskMeasurement>(AskAsync, Freshness, time);
    }

    /// <summary>The last measurement; null where there is none, or what it told is no longer so.</summary>
    public DiskMeasurement? Latest => _measurement.Latest;

    /// <summary>What all vservers take; measured now where <paramref name="refresh"/>, else at most <see cref="Freshness"/> old.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<DiskMeasurement> MeasureAsync(bool refresh = false, CancellationToken cancellationToken = default) => _measurement.GetAsync(refresh, cancellationToken);

    /// <summary>What was measured is no longer so: files were shared, or given back.</summary>
    public void Forget() => _measurement.Forget();

    /// <summary>Why a file of a vserver is shared or not.</summary>
    /// <param name="path">Inside the vserver, from its root.</param>
    /// <exception cref="HostProblemException">The path is none, there is no such file, or the host does not answer.</exception>
    public async Task<SharingAnswer> WhyAsync(VServerName name, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Trim() is not ['/', ..] clean || clean.Any(char.IsControl))
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, "Give the path of one file as it is inside the vserver, from its root: /usr/bin/perl.");
        }

        var answers = await _host.ListAsync<SharingAnswer>(new HostRequest(["vfiles", name.Value, "--why", clean]), ItemKinds.SharingAnswer, cancellationToken);
        return answers is [var answer, ..] ? answer : throw new HostProblemException(ProblemCode.NotFound, $"{name} has no file {clean}.");
    }

    private async Task<DiskMeasurement> AskAsync()
    {
        var shares = new List<DiskShare>();
        var result = await _host.RunToEndAsync(new HostRequest(["vdu"]), wireEvent =>
        {
            if (wireEvent is ItemEvent { Kind: ItemKinds.DiskShare } item)
            {
                shares.Add(HostCommandExtensions.Read<DiskShare>(item.Data));
            }
        });
        if (result.Data is not { } data)
        {
            throw new HostProblemException(ProblemCode.Internal, "vdu said nothing of the disk. Panel and host command may be of different versions.");
        }

        return new DiskMeasurement([.. shares.OrderBy(s => s.VServer?.Value ?? s.Path, StringComparer.Ordinal)], HostCommandExtensions.Read<DiskSummary>(data), _time.GetUtcNow());
    }
}
