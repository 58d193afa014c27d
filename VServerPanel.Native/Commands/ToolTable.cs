namespace VServerPanel.Native.Commands;

/// <summary>All tools and verbs of this command. A new one is added here and nowhere else.</summary>
internal static class ToolTable
{
    public static IReadOnlyList<Tool> Tools { get; } =
    [
        new Jobs.VServerJobsTool(),
    ];

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new Configuration.ConfigVerb(),
    ];

    public static Tool? FindTool(string name) => Tools.FirstOrDefault(t => t.Name == name);

    public static Verb? FindVerb(string name) => Verbs.FirstOrDefault(v => v.Name == name);
}
