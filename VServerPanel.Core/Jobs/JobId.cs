using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Jobs;

/// <summary>Ids of jobs and of their operations: a GUID in 32 digits.</summary>
internal static class JobId
{
    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>Lets through what is an id: others come from URLs and must not reach a command line as an option.</summary>
    public static string Check(string text) => text is { Length: 32 } && text.All(char.IsAsciiHexDigitLower)
        ? text
        : throw new HostProblemException(ProblemCode.NotFound, "There is no job of this id.");
}
