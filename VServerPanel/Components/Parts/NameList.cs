using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>Vservers in a page's address: names with commas between them.</summary>
public static class NameList
{
    /// <summary>Those that are names, in their order; others are passed over, for anybody may write an address.</summary>
    public static IEnumerable<VServerName> Parse(string? text)
    {
        foreach (var word in (text ?? "").Split(','))
        {
            if (VServerName.TryParse(word, out var name))
            {
                yield return name;
            }
        }
    }
}
