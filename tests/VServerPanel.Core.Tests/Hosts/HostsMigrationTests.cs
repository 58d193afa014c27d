using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using VServerPanel.Core.Storage;
using VServerPanel.Core.Tests.Fakes;
using VServerPanel.Core.Unification;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Tests.Hosts;

public sealed class HostsMigrationTests
{
    [Fact]
    public async Task Schedule_FromBeforeThereWereOtherHosts_IsThatOfTheOwn()
    {
        var directory = Directory.CreateTempSubdirectory("vsp-core-").FullName;
        try
        {
            await using (var before = new StateDbContext(StateDbContext.OptionsFor($"Data Source={Path.Combine(directory, StateDbContext.FileName)}")))
            {
                await before.GetService<IMigrator>().MigrateAsync("20261124021338_MoveQueue", TestContext.Current.CancellationToken);
                await before.Database.ExecuteSqlRawAsync(
                    "INSERT INTO unification_schedule (Id, IsOn, Period, Day, Hour, Scope, Reference, DoneUpTo) VALUES (1, 1, 0, 0, 4, 0, 'web1', 0)", TestContext.Current.CancellationToken);
            }

            await using var core = await TestCore.CreateAsync(directory: directory);

            var schedule = (await core.Get<ScheduleService>().GetAsync(TestContext.Current.CancellationToken)).Schedule;
            Assert.Equal((true, 4, VServerName.Parse("web1")), (schedule.IsOn, schedule.Hour, schedule.Reference!.Value));
            await using var database = await core.Get<IDbContextFactory<StateDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
            Assert.Equal("host1", Assert.Single(database.Schedules).Host);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
