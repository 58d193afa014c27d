using Microsoft.AspNetCore.Components;

namespace VServerPanel.Components.Parts;

/// <summary>A component with a stream of changes, read from its first interactive rendering until it goes.</summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled when the component goes.</summary>
    protected CancellationToken Stopping { get; private set; }

    /// <summary>Reads the stream. Runs on the renderer's context; an exception reaches the error boundary.</summary>
    protected abstract Task LiveAsync(CancellationToken stopping);

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            Stopping = _stopping.Token;
            _ = RunAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Cancel();
            _stopping.Dispose();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await LiveAsync(Stopping);
        }
        catch (OperationCanceledException)
        {
            // the component is gone
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }
}
