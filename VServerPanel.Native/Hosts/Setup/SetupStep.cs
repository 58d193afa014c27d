namespace VServerPanel.Native.Hosts.Setup;

/// <summary>One thing that a host needs, made where it is not there yet.</summary>
internal abstract class SetupStep
{
    /// <summary>What it is about: "The user vserverpanel".</summary>
    public abstract string Title { get; }

    /// <summary>What is missing, each as a sentence of what <see cref="Apply"/> will do: "Make /vservers with mode 0700"; empty where all is there.</summary>
    public abstract IReadOnlyList<string> Missing();

    /// <summary>Makes it. Called only where something is missing.</summary>
    public abstract void Apply();

    /// <summary>What the host's administrator should know, found while looking: what was left alone, and why.</summary>
    public virtual IReadOnlyList<string> Notes => [];
}
