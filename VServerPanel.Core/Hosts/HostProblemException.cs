using System.Diagnostics.CodeAnalysis;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Hosts;

/// <summary>A host, or the panel itself, could not do what was asked. Pages switch on <see cref="Code"/> and show the message.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Without a problem there is none.")]
public sealed class HostProblemException(ProblemEvent problem, Exception? inner = null) : Exception(problem?.Message, inner)
{
    public HostProblemException(ProblemCode code, string message, Exception? inner = null)
        : this(new ProblemEvent(code, message), inner)
    {
    }

    public ProblemEvent Problem { get; } = problem ?? throw new ArgumentNullException(nameof(problem));

    public ProblemCode Code => Problem.Code;
}
