using VServerPanel.Auditing;
using VServerPanel.Core.Auditing;
using VServerPanel.Protocol;

namespace VServerPanel.Tests.Parts;

public sealed class AuditQueryTests
{
    [Fact]
    public void Address_OfFilter_ReadsBackAsTheSameFilter()
    {
        var filter = new AuditFilter
        {
            From = Day(2026, 11, 1),
            Until = Day(2026, 11, 24),
            User = "anna & co=1",
            VServer = "web1",
            Operation = "build",
            Outcome = OperationOutcome.RolledBack,
            Phase = AuditPhase.Ended,
            OperationId = new string('a', 32),
            Text = "100 % \"quoted\" #fragment",
        };

        var address = AuditQuery.Address("/audit", filter);

        Assert.Contains("until=2026-11-23", address, StringComparison.Ordinal);
        Assert.Equal(filter, AuditQuery.Read(new Uri("http://panel.test" + address)));
    }

    [Theory]
    [InlineData("?from=9999-99-99&until=yesterday&outcome=7&outcome=zzz&phase=99")]
    [InlineData("?from=0001-01-01&until=9999-12-31")]
    [InlineData("?unknown=1&user=&vserver=%20")]
    public void Read_WhatCannotBeRead_IsNotLookedAt(string query) =>
        Assert.Equal(new AuditFilter(), AuditQuery.Read(new Uri("http://panel.test/audit" + query)));

    private static DateTimeOffset Day(int year, int month, int day) => new(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Local));
}
