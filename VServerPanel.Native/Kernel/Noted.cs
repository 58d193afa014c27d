using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Kernel;

/// <summary>A sentence that is true of one set of programs at one boot, kept in a file.</summary>
internal static class Noted
{
    public static void Write(string path, string mark, string sentence)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{ProcessIdentity.BootId} {mark}\n{sentence}");
    }

    public static void Forget(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    /// <summary>Whether something is news at this boot; to the next who asks it is none.</summary>
    public static bool IsNews(string path)
    {
        var isNews = Read(path, "") is null;
        if (isNews)
        {
            Write(path, "", "");
        }

        return isNews;
    }

    public static string? Read(string path, string mark) =>
        File.Exists(path) && File.ReadAllText(path).Split('\n', 2) is [var head, var sentence] && head == $"{ProcessIdentity.BootId} {mark}" ? sentence : null;
}
