namespace VServerPanel.Core.Creation;

/// <summary>The command line that makes a vserver: the plan shows it, the run uses it.</summary>
public static class CreateCommand
{
    /// <summary>The words of <c>vserver NAME build …</c>. Pure; expects a request without faults.</summary>
    public static IReadOnlyList<string> Words(CreateRequest request) => throw new NotSupportedException();
}
