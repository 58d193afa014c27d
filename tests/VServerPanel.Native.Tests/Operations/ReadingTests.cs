using VServerPanel.Native.Commands;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;

namespace VServerPanel.Native.Tests.Operations;

public sealed class ReadingTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Theory]
    [InlineData(ExitCodes.Success, "new", "build", "--method", "skeleton", "--plan")]
    [InlineData(ExitCodes.NoSuchVServer, "new", "status")]
    [InlineData(ExitCodes.NoSuchVServer, "new", "log")]
    public void Call_ThatChangesNothing_MakesNothingOnAHostWithoutAnything(int expected, params string[] words)
    {
        foreach (var directory in Directory.EnumerateDirectories(_prefix.Directory))
        {
            TreeRemoval.Remove(directory);
        }

        var answer = HostCommand.Run(_prefix, words);

        Assert.True(expected == answer.ExitCode, answer.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_prefix.Directory));
    }
}
