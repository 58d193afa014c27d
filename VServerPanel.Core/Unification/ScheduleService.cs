using Microsoft.EntityFrameworkCore;
using VServerPanel.Core.Auditing;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Storage;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Unification;

/// <summary>Keeps the schedule by which the vservers of a host are unified again.</summary>
public sealed class ScheduleService
{
    private readonly IDbContextFactory<StateDbContext> _databases;
    private readonly AuditService _audit;
    private readonly TimeProvider _time;
    private readonly string _host;

    internal ScheduleService(IDbContextFactory<StateDbContext> databases, AuditService audit, TimeProvider time, string host) => (_databases, _audit, _time, _host) = (databases, audit, time, host);

    /// <summary>The schedule, when it is due next, and what came of its last run.</summary>
    public async Task<ScheduleStatus> GetAsync(CancellationToken cancellationToken = default)
    {
        var record = await FindAsync(cancellationToken);
        var schedule = record?.Read() ?? UnificationSchedule.Off;
        return new ScheduleStatus(
            schedule, schedule.IsOn ? ScheduleTimes.Next(schedule, _time.GetUtcNow(), _time.LocalTimeZone) : null, record?.LastRun, record?.LastJobId, record?.LastProblem);
    }

    /// <summary>Sets the schedule; what was due before is not made up.</summary>
    /// <exception cref="HostProblemException">It has a fault.</exception>
    public async Task SetAsync(UnificationSchedule schedule, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        if (schedule.Fault is { } fault)
        {
            throw new HostProblemException(ProblemCode.InvalidArgument, fault);
        }

        // what cannot be recorded is not done
        await _audit.RecordEventAsync(caller, "unify-schedule", Describe(schedule), cancellationToken: cancellationToken);
        await ChangeAsync(record =>
        {
            record.Write(schedule);
            (record.DoneUpTo, record.LastProblem) = (_time.GetUtcNow(), null);
        });
    }

    internal async Task<ScheduleRecord?> FindAsync(CancellationToken cancellationToken)
    {
        await using var database = await _databases.CreateDbContextAsync(cancellationToken);
        return await database.Schedules.AsNoTracking().FirstOrDefaultAsync(s => s.Host == _host, cancellationToken);
    }

    internal async Task ChangeAsync(Action<ScheduleRecord> change)
    {
        await using var database = await _databases.CreateDbContextAsync();
        var record = await database.Schedules.FindAsync(_host) ?? database.Schedules.Add(new ScheduleRecord { Host = _host }).Entity;
        change(record);
        await database.SaveChangesAsync();
    }

    private static string Describe(UnificationSchedule schedule) => !schedule.IsOn
        ? "Unification on a schedule was turned off."
        : string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{(schedule.Members is { } members ? string.Join(", ", members) : "All vservers")} with {schedule.Reference}, by {(schedule.Scope is UnificationScope.Content ? "content" : "package")}{(schedule.Method is { } method ? $", {UnifyCommand.WordOf(method)}" : "")}, {(schedule.Period is SchedulePeriod.Daily ? "each day" : $"each {schedule.Day}")} at {schedule.Hour:00}:00.");
}
