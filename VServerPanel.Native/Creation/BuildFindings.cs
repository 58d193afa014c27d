using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>What a look before the work found: reasons to refuse it, and what its user should know.</summary>
internal sealed class BuildFindings
{
    private readonly List<ProblemEvent> _problems = [];
    private readonly List<string> _warnings = [];
    private int? _exitCode;

    public IReadOnlyList<ProblemEvent> Problems => _problems;

    public IReadOnlyList<string> Warnings => _warnings;

    public void Refuse(ProblemCode code, string message) => _problems.Add(new ProblemEvent(code, message));

    public void Refuse(ProblemException problem)
    {
        _problems.Add(problem.ToEvent());
        _exitCode ??= problem.ExitCode;
    }

    public void Warn(string text) => _warnings.Add(text);

    /// <summary>All reasons at once, under the first one's code.</summary>
    public void ThrowIfRefused()
    {
        if (_problems.Count > 0)
        {
            throw new ProblemException(_problems[0].Code, string.Join(' ', _problems.Select(p => p.Message)), exitCode: _exitCode);
        }
    }
}
