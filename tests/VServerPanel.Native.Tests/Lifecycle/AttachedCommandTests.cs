using VServerPanel.Native.ChildProcesses;

namespace VServerPanel.Native.Tests.Lifecycle;

public sealed class AttachedCommandTests
{
    [Fact]
    public void RunAttached_WeAreTerminated_TheChildIsToldAndItsEndIsSeen()
    {
        // it ends its caller, and hears of it
        const string Script = "trap 'exit 7' TERM; kill -TERM $PPID; i=0; while [ $i -lt 300 ]; do i=$((i+1)); sleep 0.1; done";
        Assert.Equal(7, new ChildProcess { Program = "sh", Arguments = ["-c", Script] }.RunAttached());
    }
}
