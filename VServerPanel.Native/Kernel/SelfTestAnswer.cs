using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>What a test process says it got, line by line, against what was to come.</summary>
internal static class SelfTestAnswer
{
    /// <exception cref="ProblemException">Unsupported: the programs do not act.</exception>
    public static void Check(string output, params ReadOnlySpan<string> expected)
    {
        foreach (var line in expected)
        {
            if (!output.Split('\n').Contains(line, StringComparer.Ordinal))
            {
                throw new ProblemException(ProblemCode.Unsupported, $"The kernel took the programs, but they do not act: a test process got '{output.Trim().ReplaceLineEndings(", ")}' where '{line}' was to come.");
            }
        }
    }
}
