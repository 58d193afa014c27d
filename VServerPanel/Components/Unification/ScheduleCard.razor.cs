using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Unification;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Unification;

/// <summary>The schedule by which vservers are unified again: what it is, what came of it, and its form.</summary>
public sealed partial class ScheduleCard
{
    private static readonly DayOfWeek[] s_days =
        [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday, DayOfWeek.Saturday, DayOfWeek.Sunday];

    private static readonly SharingMethod[] s_methods = [SharingMethod.Reflink, SharingMethod.HardLink, SharingMethod.Immutable];

    private ScheduleStatus? _status;
    private Exception? _problem;
    private bool _isOn;
    private string _when = "";
    private int _hour;
    private string _reference = "";
    private UnificationScope _scope;
    private SharingMethod? _method;
    private string _members = "";
    private bool _saving;
    private bool _saved;

    /// <summary>Vservers there are.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<VServerName> Names { get; set; } = [];

    [Inject]
    private ScheduleService Schedules { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        var status = await Schedules.GetAsync();
        var schedule = status.Schedule;
        (_isOn, _hour, _scope, _method, _reference) = (schedule.IsOn, schedule.Hour, schedule.Scope, schedule.Method, schedule.Reference?.Value ?? "");
        _when = schedule.Period is SchedulePeriod.Daily ? "" : schedule.Day.ToString();
        _members = schedule.Members is { } members ? string.Join(' ', members) : "";
        _status = status;
    }

    private async Task SaveAsync()
    {
        (_saving, _saved, _problem) = (true, false, null);
        try
        {
            await Schedules.SetAsync(Schedule(), await Gate.DemandAsync(Policies.Operate));
            _status = await Schedules.GetAsync();
            _saved = true;
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            _problem = e;
        }

        _saving = false;
    }

    private UnificationSchedule Schedule()
    {
        var isWeekly = Enum.TryParse<DayOfWeek>(_when, out var day);
        var words = _members.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        return new UnificationSchedule(
            _isOn,
            isWeekly ? SchedulePeriod.Weekly : SchedulePeriod.Daily,
            day,
            _hour,
            _scope,
            VServerName.TryParse(_reference, out var reference) ? reference : null,
            words is [] or ["ALL"] ? null : [.. words.Select(Name).Distinct()])
        {
            Method = _method,
        };
    }

    private VServerName Name(string word) => VServerName.TryParse(word, out var name) && (Names.Contains(name) || !_isOn)
        ? name
        : throw new HostProblemException(ProblemCode.NotFound, $"There is no vserver '{word}'. Write names of vservers with blanks between them, or ALL.");
}
