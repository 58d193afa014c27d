namespace VServerPanel.Identity;

/// <summary>Every refused sign-in takes the same time, so that a clock does not tell an account that exists (its failure is counted in the database)
/// from one that does not.</summary>
/// <param name="Takes">More than checking and counting takes on a busy machine.</param>
public sealed record RefusalPace(TimeSpan Takes, TimeProvider Clock)
{
    /// <summary>Waits for the rest of it.</summary>
    public Task HoldAsync(long began) => Takes - Clock.GetElapsedTime(began) is { Ticks: > 0 } rest ? Task.Delay(rest, Clock) : Task.CompletedTask;
}
