namespace VServerPanel.Core.Hosts;

/// <summary>An answer that costs the host something, asked for once for all who want it and kept for a while.</summary>
/// <param name="ask">Asks for it.</param>
/// <param name="freshness">How long it is good for.</param>
internal sealed class SharedAnswer<T>(Func<Task<T>> ask, TimeSpan freshness, TimeProvider time)
    where T : class
{
    private readonly Lock _lock = new();
    private Task<T>? _asked;
    private T? _latest;
    private long _answeredAt;
    private int _edition;

    /// <summary>The last answer, however old; null where there is none yet, or it is known to be wrong by now.</summary>
    public T? Latest
    {
        get
        {
            lock (_lock)
            {
                return _latest;
            }
        }
    }

    /// <summary>What is being asked for already is waited for; a fresh answer is given at once, unless <paramref name="refresh"/>.</summary>
    public Task<T> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        Task<T> asked;
        lock (_lock)
        {
            if (_asked is null && !refresh && _latest is not null && time.GetElapsedTime(_answeredAt) <= freshness)
            {
                return Task.FromResult(_latest);
            }

            // who leaves does not cut the others off
            var edition = _edition;
            asked = _asked ??= Task.Run(() => AskAsync(edition), CancellationToken.None);
        }

        return asked.WaitAsync(cancellationToken);
    }

    /// <summary>What was told, or is being told, is no longer so.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            (_latest, _asked, _edition) = (null, null, _edition + 1);
        }
    }

    private async Task<T> AskAsync(int edition)
    {
        T? answer = null;
        try
        {
            return answer = await ask();
        }
        finally
        {
            lock (_lock)
            {
                if (edition == _edition)
                {
                    _asked = null;
                    (_latest, _answeredAt) = answer is null ? (_latest, _answeredAt) : (answer, time.GetTimestamp());
                }
            }
        }
    }
}
