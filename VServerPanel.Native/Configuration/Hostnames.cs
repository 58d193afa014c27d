namespace VServerPanel.Native.Configuration;

/// <summary>Host names by RFC 1123, 2.1, and sethostname(2).</summary>
internal static class Hostnames
{
    private const int KernelMaximum = 64; // __NEW_UTS_LEN, linux/utsname.h

    /// <summary>What is wrong with a host name; null where nothing is.</summary>
    public static string? FaultOf(string name)
    {
        if (name.Length > KernelMaximum)
        {
            return $"A host name has at most {KernelMaximum} characters, and this has {name.Length}.";
        }

        return Array.TrueForAll(name.Split('.'), IsLabel)
            ? null
            : $"'{name}' is no host name. Write letters, digits and '-', in parts of 1 to 63 joined by '.', no part beginning or ending with '-'.";
    }

    private static bool IsLabel(string label) =>
        label.Length is >= 1 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-';
}
