using System.Globalization;
using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>A job, followed from its first line, whenever and from wherever one looks.</summary>
public sealed partial class JobView
{
    /// <summary>Lines are drawn at most this often: a package manager writes thousands.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(200);

    /// <summary>Lines that are kept on the page; the whole log is on the host.</summary>
    private const int MostLines = 2000;

    private readonly List<WireEvent> _arrived = [];
    private List<WireEvent> _lines = [];
    private ProgressEvent? _progress;
    private WireEvent? _ended;
    private JobInfo? _job;
    private JobState? _state;
    private Exception? _problem;
    private bool _cancelling;
    private JobPace _pace = new();

    [Parameter, EditorRequired]
    public string JobId { get; set; } = "";

    [Parameter, EditorRequired]
    public string Title { get; set; } = "";

    /// <summary>Whether it begins only when another has ended.</summary>
    [Parameter]
    public bool Waiting { get; set; }

    /// <summary>Called with what the job is.</summary>
    [Parameter]
    public EventCallback<JobInfo> Found { get; set; }

    /// <summary>Called when it has ended, with how.</summary>
    [Parameter]
    public EventCallback<JobState> Ended { get; set; }

    /// <summary>Called with what the job has said since the last call, its last line included.</summary>
    [Parameter]
    public EventCallback<IReadOnlyList<WireEvent>> Said { get; set; }

    /// <summary>What is shown of it while it runs, where it has more to say than a step and an amount.</summary>
    [Parameter]
    public RenderFragment? Doing { get; set; }

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private JobService Jobs { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    // each file, and each vserver, is done by itself: what is done by then stays
    private bool KeepsWhatIsDone => _job?.Operation is "unify" or "deunify" or "vapt" or "vrpm" or "vdnf";

    /// <summary>How much of the whole is done, in percent; null where it cannot be known.</summary>
    private double? Part => _progress is { Steps: > 0 } p
        ? ((p.Step - 1) + (p is { Done: { } done, Total: > 0 and { } total } ? Math.Clamp((double)done / total, 0, 1) : 0)) / p.Steps * 100
        : null;

    private string Amount => _pace.Left(Clock.GetUtcNow()) is { } left ? $"{Done}, about {Format.Duration(left)} left" : Done;

    private string Done => _progress switch
    {
        null => "",
        { Done: { } done, Unit: "bytes" } p => $"{Format.Bytes(done)}{(p.Total is { } total ? " of " + Format.Bytes(total) : "")}",
        { Done: { } done } p => $"{Format.Many(done)}{(p.Total is { } total ? $" of {Format.Many(total)}" : "")} {p.Unit}",
        var p => string.Create(CultureInfo.InvariantCulture, $"step {p.Step} of {p.Steps}"),
    };

    /// <inheritdoc/>
    protected override async Task LiveAsync(CancellationToken stopping)
    {
        try
        {
            await Gate.DemandAsync(Policies.Read);
            var drawing = DrawAsync(stopping);
            await foreach (var line in Jobs.FollowAsync(JobId, stopping))
            {
                _arrived.Add(line);
                if (line.IsLast)
                {
                    break;
                }
            }

            await drawing;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
            await InvokeAsync(StateHasChanged);
        }
    }

    private async Task DrawAsync(CancellationToken stopping)
    {
        while (_ended is null && _problem is null)
        {
            await Task.Delay(s_pace, stopping);
            if (_arrived.Count > 0)
            {
                List<WireEvent> arrived = [.. _arrived];
                _arrived.Clear();
                await TakeAsync(arrived, stopping);
                await InvokeAsync(StateHasChanged);
            }
        }
    }

    private async Task TakeAsync(List<WireEvent> arrived, CancellationToken stopping)
    {
        _state ??= JobState.Running;
        foreach (var progress in arrived.OfType<ProgressEvent>())
        {
            _progress = progress;
            _pace = _pace.With(progress, Clock.GetUtcNow());
        }

        _lines = [.. _lines.Concat(arrived.Where(l => l is LogEvent)).TakeLast(MostLines)];
        var last = arrived[^1];
        if (_job is null || last.IsLast)
        {
            await LookUpAsync(stopping);
        }

        await Said.InvokeAsync(arrived);
        if (last.IsLast)
        {
            _ended = last;
            _state = _job is { State: not JobState.Running } ? _job.State : last switch
            {
                ResultEvent => JobState.Succeeded,
                ProblemEvent { Code: ProblemCode.Cancelled } => JobState.Cancelled,
                _ => JobState.Failed,
            };
            await Ended.InvokeAsync(_state.Value);
        }
    }

    private async Task LookUpAsync(CancellationToken stopping)
    {
        try
        {
            _job = await Jobs.ShowAsync(JobId, stopping);
            await Found.InvokeAsync(_job);
        }
        catch (HostProblemException)
        {
            // What it says is shown all the same; who asked for it is missing.
        }
    }

    private async Task CancelAsync()
    {
        _cancelling = true;
        try
        {
            await Jobs.CancelAsync(JobId, await Gate.DemandAsync(Policies.Operate));
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            (_problem, _cancelling) = (e, false);
        }
    }
}
