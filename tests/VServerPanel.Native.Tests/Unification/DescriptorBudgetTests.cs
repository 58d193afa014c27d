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
        Assert.True(256 + (budget.Threads * (512 + budget.OfBucket)) + budget.Kept <= limit, $"{budget.Threads} threads, {budget.OfBucket} of a bucket, {budget.Kept} kept");
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
