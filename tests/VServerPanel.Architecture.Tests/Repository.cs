using System.Runtime.CompilerServices;

namespace VServerPanel.Architecture.Tests;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    private static readonly HashSet<string> s_notSource = new(["bin", "obj", "artifacts", "TestResults", "node_modules", ".git", ".vs", ".idea"], StringComparer.Ordinal);

    public static string Root { get; } = FindRoot();

    /// <summary>The projects that make the product, in the order of their references.</summary>
    public static IReadOnlyList<string> Projects { get; } = ["VServerPanel", "VServerPanel.Core", "VServerPanel.Protocol", "VServerPanel.Native"];

    /// <summary>Every source file below a folder, as paths relative to the root.</summary>
    public static IEnumerable<string> Files(string folder = "") => Walk(Path.Combine(Root, folder), files: true).Select(f => Path.GetRelativePath(Root, f));

    /// <summary>Every folder below a folder, as paths relative to the root.</summary>
    public static IEnumerable<string> Folders(string folder = "") => Walk(Path.Combine(Root, folder), files: false).Select(f => Path.GetRelativePath(Root, f));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool IsGenerated(string file) => file.Contains("/Migrations/", StringComparison.Ordinal);

    /// <summary>Fails with the list where anything was found.</summary>
    public static void AssertNone(IEnumerable<string> found)
    {
        // Assert.Equal would show the first 50 characters of it
        var list = string.Join('\n', found);
        Assert.True(list.Length == 0, list);
    }

    private static IEnumerable<string> Walk(string folder, bool files)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo && !s_notSource.Contains(entry.Name) && entry.LinkTarget is null)
            {
                if (!files)
                {
                    yield return entry.FullName;
                }

                foreach (var below in Walk(entry.FullName, files))
                {
                    yield return below;
                }
            }
            else if (files && entry is FileInfo)
            {
                yield return entry.FullName;
            }
        }
    }

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath("../..", Path.GetDirectoryName(here)!);
}
