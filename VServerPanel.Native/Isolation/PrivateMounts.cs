using System.Runtime.ExceptionServices;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Isolation;

/// <summary>A mount namespace for the time of one call, so that the host's mount table stays clean.</summary>
internal static class PrivateMounts
{
    /// <summary>Runs <paramref name="work"/> on a thread that has a mount namespace of its own; children started there inherit it and keep it.</summary>
    /// <remarks>What is mounted or unmounted on the host later is seen in there (MS_SLAVE), not the other way round. The work must stay on its thread.</remarks>
    public static T Run<T>(Func<T> work) => OnOwnThread(() =>
    {
        // unshare(2): CLONE_NEWNS implies CLONE_FS, so the other threads' root and working directory stay as they are
        ErrnoException.ThrowIfFailed(Libc.unshare(Libc.CLONE_NEWNS), "unshare(CLONE_NEWNS)");
        ErrnoException.ThrowIfFailed(Libc.mount("none", "/", null, Libc.MS_REC | Libc.MS_SLAVE, null), "mount(MS_SLAVE)", "/");
        return work();
    });

    /// <summary>Runs <paramref name="work"/> on a thread whose namespaces it may change: they end with the thread.</summary>
    public static T OnOwnThread<T>(Func<T> work)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
