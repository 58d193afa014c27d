namespace VServerPanel.Native.Shares;

/// <summary>A word of SHARES in a conf file: <c>SOURCE:TARGET[:ro]</c>.</summary>
/// <param name="Source">A directory of the host.</param>
/// <param name="Target">Where the vserver has it.</param>
/// <param name="IsReadOnly">Whether the vserver may only read it.</param>
internal sealed record HostShare(string Source, string Target, bool IsReadOnly)
{
    // what the isolation itself mounts
    private static readonly string[] s_kernels = ["/proc", "/sys", "/dev"];

    /// <summary>Reads a word.</summary>
    /// <param name="word">As in the conf file.</param>
    /// <param name="error">What is wrong with it, and what to write.</param>
    public static HostShare? TryParse(string word, out string? error)
    {
        var parts = word.Split(':');
        error = parts is not ([_, _] or [_, _, "ro" or "rw"]) ? $"'{word}' is no share. Write SOURCE:TARGET or SOURCE:TARGET:ro, such as /srv/shared/photos:/home/photos:ro."
            : Fault(parts[0]) ?? Fault(parts[1])
            ?? (s_kernels.Any(k => parts[1] == k || parts[1].StartsWith(k + "/", StringComparison.Ordinal)) ? $"'{parts[1]}' is the kernel's own in a vserver. Choose another place in it." : null);
        return error is null ? new HostShare(parts[0], parts[1], parts is [_, _, "ro"]) : null;
    }

    /// <summary>As in the conf file.</summary>
    public override string ToString() => $"{Source}:{Target}{(IsReadOnly ? ":ro" : "")}";

    private static string? Fault(string path) => path switch
    {
        ['/', _, ..] when path[^1] != '/' && !path.Split('/').Skip(1).Any(p => p is "" or "." or "..") && !path.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '"' or '\'' or '\\' or '$' or '`') => null,
        _ => $"'{path}' cannot be shared: write a whole path such as /srv/shared/photos, without '..', blanks and quotes, and not '/' itself.",
    };
}
