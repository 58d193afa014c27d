using Microsoft.AspNetCore.Components;
using VServerPanel.Components.Moving;
using VServerPanel.Core.Creation;
using VServerPanel.Core.DiskShares;
using VServerPanel.Core.Moving;
using VServerPanel.Core.Packages;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/jobs/ID: what it does, and what came of it.</summary>
public sealed partial class JobPage
{
    private const string Safe = "You can leave this page: the job goes on, and is found here again.";

    private CreationHandle? _creation;
    private JobInfo? _job;
    private JobState? _built;
    private JobState? _started;
    private UnificationOutcome? _outcome;
    private PackageRun? _run;
    private MoveRun? _move;
    private MoveOutcome? _moved;

    /// <summary>32 hex digits.</summary>
    [Parameter]
    public string Id { get; set; } = "";

    [Inject]
    private CreationService Creation { get; set; } = null!;

    [Inject]
    private DiskService Disks { get; set; } = null!;

    [Inject]
    private PackageService Packages { get; set; } = null!;

    private RenderFragment? Doing => _move is null ? null : builder =>
    {
        builder.OpenComponent<MoveProgressView>(0);
        builder.AddComponentParameter(1, nameof(MoveProgressView.Run), _move);
        builder.CloseComponent();
    };

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        (_job, _built, _started, _outcome, _run, _move, _moved) = (null, null, null, null, null, null, null);
        _creation = await Creation.FindAsync(Id);
    }

    private void Find(JobInfo job)
    {
        _job = job;
        _run ??= PackageRun.Of(job);
        _move ??= MoveRun.Of(job);
    }

    private void Hear(IReadOnlyList<WireEvent> said)
    {
        foreach (var line in said)
        {
            _run?.Take(line);
            _move?.Take(line);
        }

        _moved = MoveService.OutcomeOf(said[^1]) ?? _moved;

        if (UnificationService.OutcomeOf(said[^1]) is { } outcome)
        {
            // what was measured before is no longer so
            _outcome = outcome;
            Disks.Forget();
        }
    }

    private void End(JobState state)
    {
        _built = state;

        // what was measured and read before is no longer so
        if (_run is not null)
        {
            Disks.Forget();
            Packages.Forget();
        }
    }
}
