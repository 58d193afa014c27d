using System.Text;
using VServerPanel.Native.Operations;

namespace VServerPanel.Native.Hosts.Setup;

/// <summary>A file of the host's configuration. What somebody else wrote is kept beside it as <c>.bak</c> before it is replaced.</summary>
internal static class SystemFile
{
    public static string? Read(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    public static void Write(string path, string content, uint mode)
    {
        if (Read(path) is { } old && old != content)
        {
            File.Copy(path, path + ".bak", overwrite: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.Write(path, Encoding.UTF8.GetBytes(content), mode);
    }

    /// <summary>A file of packaging/ that is part of this program.</summary>
    public static string Template(string name)
    {
        using var stream = typeof(SystemFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is no resource of this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
