using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Limits;

/// <summary>As many open files as this process may have at all, until it is disposed: login shells have 1024 of them (systemd.exec(5), LimitNOFILE).</summary>
internal sealed class OpenFiles : IDisposable
{
    private const int Resource = 7; // RLIMIT_NOFILE, asm-generic/resource.h
    private readonly Libc.Rlimit _before = ProcessLimits.Own(Resource);

    private OpenFiles() => Set(_before with { Soft = _before.Hard });

    public static OpenFiles RaiseLimit() => new();

    /// <summary>How many this process may have now.</summary>
    public static long Limit => (long)Math.Min(ProcessLimits.Own(Resource).Soft, int.MaxValue);

    /// <summary>What is started from now on has the usual limit again: programs that take a large one for a number of descriptors to close are slow with it.</summary>
    public void Dispose() => Set(_before);

    private static void Set(Libc.Rlimit limit) => ErrnoException.ThrowIfFailed(Libc.setrlimit(Resource, limit), "setrlimit(RLIMIT_NOFILE)");
}
