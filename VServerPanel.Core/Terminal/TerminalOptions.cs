namespace VServerPanel.Core.Terminal;

/// <summary>Section <c>Terminal</c>: shells in vservers, opened in the panel.</summary>
public sealed class TerminalOptions
{
    public const string Section = "Terminal";

    /// <summary>A terminal in which nobody types for so long is ended, 1 to 1440.</summary>
    public int IdleMinutes { get; set; } = 15;

    /// <summary>Open at the same time on the whole panel, 0 to 500; 0 switches terminals off.</summary>
    public int MostOpen { get; set; } = 20;

    /// <summary>Open at the same time by one user, 1 to 100.</summary>
    public int MostOpenOfOne { get; set; } = 5;
}
