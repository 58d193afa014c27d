namespace VServerPanel.Native.Kernel;

/// <summary>A topic that is not in force for a vserver.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="WhyNot">The reason, as a sentence.</param>
internal sealed record LackingTopic(string Topic, string WhyNot);
