using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Operations;

public sealed class FileLockTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    private string Path => _prefix.Paths.Locks + "/x";

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void TryAcquire_AnotherHasIt_IsNullUntilItIsFree()
    {
        using (FileLock.TryAcquire(Path))
        {
            Assert.Null(FileLock.TryAcquire(Path));
        }

        Assert.False(File.Exists(Path));
        using var free = FileLock.TryAcquire(Path);
        Assert.NotNull(free);
    }

    [Fact]
    public void Acquire_AnotherKeepsIt_IsBusy()
    {
        using var held = FileLock.TryAcquire(Path);
        Assert.Equal(ProblemCode.Busy, Assert.Throws<ProblemException>(() => FileLock.Acquire(Path, TimeSpan.FromMilliseconds(50), "x")).Code);
    }

    [Fact]
    public void Acquire_Cancelled_StopsWaiting()
    {
        using var held = FileLock.TryAcquire(Path);
        using var cancel = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => FileLock.Acquire(Path, TimeSpan.FromMinutes(5), "x", cancel.Token));
    }

    [Fact]
    public async Task Acquire_ManyAtOnce_OneAtATime()
    {
        var inside = 0;
        var done = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var held = FileLock.Acquire(Path, TimeSpan.FromMinutes(1), "x");
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref done);
            }
        })));
        Assert.Equal(400, done);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Locks_OfSeveralVServers_AreFreeWhenOneCannotBeTaken()
    {
        var (a, b) = (VServerName.Parse("a"), VServerName.Parse("b"));
        using var held = FileLock.TryAcquire(VServerLocks.PathOf(_prefix.Paths, b));
        var kind = new OperationKind("clone", a) { AlsoLocked = [b], Patience = TimeSpan.Zero };
        Assert.Throws<ProblemException>(() => VServerLocks.Acquire(_prefix.Paths, kind));
        using var free = FileLock.TryAcquire(VServerLocks.PathOf(_prefix.Paths, a));
        Assert.NotNull(free);
    }
}
