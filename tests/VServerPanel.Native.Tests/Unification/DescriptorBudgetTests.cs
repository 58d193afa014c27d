using VServerPanel.Native.Unification;

namespace VServerPanel.Native.Tests.Unification;

public sealed class DescriptorBudgetTests
{
    [Theory]
    [InlineData(1024, 8)]
    [InlineData(4096, 16)]
    [InlineData(20_000, 8)]
    [InlineData(20_000, 64)]
    [InlineData(524_288, 16)]
    public void Parts_OfALimit_StayBelowIt(long limit, int threads)
    {
        var budget = new DescriptorBudget(limit, threads);
        Assert.InRange(budget.Threads, 1, threads);
        Assert.InRange(budget.OfBucket, 128, 4096);
        Assert.True(256 + (budget.Threads * 512) + budget.OfBuckets + budget.Kept <= limit, $"{budget.Threads} threads, {budget.OfBucket} of a bucket, {budget.Kept} kept");
    }

    [Fact]
    public void Reserve_ManyAndLarge_AllHaveTheirTurnAndNoneGoesBeyond()
    {
        var budget = new DescriptorBudget(20_000, 8);
        Assert.Equal(4096, budget.OfBucket);
        Assert.InRange(budget.OfBuckets, 4096, 4200);
        var (open, most, done) = (0, 0, 0);
        var threads = Enumerable.Range(0, 8).Select(t => new Thread(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var count = (i + t) % 50 == 0 ? budget.OfBucket : 1 + ((i * 7) % 300);
                using var reserved = budget.Reserve(count);
                var now = Interlocked.Add(ref open, count);
                for (int seen; (seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen;)
                {
                }

                _ = Interlocked.Add(ref open, -count);
                _ = Interlocked.Increment(ref done);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        Assert.All(threads, t => Assert.True(t.Join(TimeSpan.FromMinutes(1)), "somebody waits for ever"));
        Assert.Equal(8 * 2000, done);
        Assert.InRange(most, 4096, budget.OfBuckets);
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Reserve(budget.OfBucket + 1));
    }

    [Fact]
    public void TryKeep_MoreThanThereAre_IsRefusedUntilSomeAreGivenBack()
    {
        var budget = new DescriptorBudget(20_000, 8);
        Assert.True(budget.TryKeep((int)budget.Kept));
        Assert.False(budget.TryKeep(1));
        budget.GiveBack(2);
        Assert.True(budget.TryKeep(2));
        Assert.False(budget.TryKeep(1));
    }
}
