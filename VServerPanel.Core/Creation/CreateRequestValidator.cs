using VServerPanel.Core.Lifecycle;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Creation;

/// <summary>Finds all that is wrong with a request before the host is asked. The host checks again.</summary>
public static class CreateRequestValidator
{
    /// <summary>All faults; empty where there is none.</summary>
    /// <param name="request">What was typed.</param>
    /// <param name="existing">The vservers there are.</param>
    /// <param name="host">The host's report; null where it does not answer: what depends on it is not checked.</param>
    public static IReadOnlyList<FieldFault> Validate(CreateRequest request, IReadOnlyList<DirectoryEntry> existing, HostReport? host) => throw new NotSupportedException();
}
