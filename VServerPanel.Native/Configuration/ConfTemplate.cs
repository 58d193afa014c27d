using System.Text;

namespace VServerPanel.Native.Configuration;

/// <summary>New conf files, as newvserver makes them.</summary>
internal static class ConfTemplate
{
    /// <summary>A file with all keys and what they mean: those of <paramref name="values"/> set, the others commented out.</summary>
    /// <param name="description">For lists; one line.</param>
    /// <param name="values">Keys and values; keys that are not ours come last.</param>
    /// <exception cref="ArgumentException">A key is no name, or a value or the description cannot be in a file.</exception>
    public static ConfFile Create(string description, IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder("# Shell assignments. VServerPanel reads them and never executes anything in this file.\n");
        foreach (var key in ConfKeys.All)
        {
            if (key.Comment.Length > 0)
            {
                text.Append('\n');
                foreach (var line in key.Comment.Split('\n'))
                {
                    text.Append("# ").Append(line).Append('\n');
                }
            }

            text.Append(values.ContainsKey(key.Name) ? "" : "#").Append(key.Name).Append("=\"\"\n");
        }

        var file = ConfFile.Parse(text.ToString());
        foreach (var (key, value) in values)
        {
            file.Set(key, value);
        }

        file.Description = description;
        return file;
    }
}
