using VServerPanel.Core.Hosts;
using VServerPanel.Identity;

namespace VServerPanel.Components.Parts;

/// <summary>A live component that asks something of its host at a time, and shows what that was refused by.</summary>
public abstract class AskingComponent : LiveComponent
{
    /// <summary>What the last thing that was asked for failed by; null where it did not.</summary>
    protected Exception? Problem { get; set; }

    /// <summary>While it waits for an answer: nothing else can be asked for then.</summary>
    protected bool IsBusy { get; private set; }

    /// <summary>Asks; a refusal of the host's, or of the user's role, is kept to be shown.</summary>
    protected async Task TryAsync(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        (IsBusy, Problem) = (true, null);
        try
        {
            await work();
        }
        catch (Exception e) when (e is HostProblemException or NotAllowedException)
        {
            Problem = e;
        }

        IsBusy = false;
    }
}
