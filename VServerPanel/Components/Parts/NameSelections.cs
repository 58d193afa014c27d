using System.Security.Cryptography;
using System.Text;
using VServerPanel.Core.Hosts;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>Vservers that were chosen on one page for another: in its address, or, where they are too many for one, kept here for a while under a short word.</summary>
/// <remarks>A request line holds 8 KiB, and a message of a circuit's 32. Anybody may write an address: what comes from one is looked at again.</remarks>
public sealed class NameSelections(TimeProvider time)
{
    private const char Kept = '~';
    private const int LongestInAddress = 1500;
    private const int MostKept = 200;
    private static readonly TimeSpan s_keptFor = TimeSpan.FromHours(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (IReadOnlyList<VServerName> Names, DateTimeOffset At)> _kept = new(StringComparer.Ordinal);

    /// <summary>What is said where a choice is not known any more.</summary>
    public static HostProblemException Forgotten => new(ProblemCode.NotFound, "What was chosen is not known any more: it is kept for two hours, and until the panel is started again. Choose once more.");

    /// <summary>What goes into the address, after <c>with=</c>; the same names give the same words.</summary>
    public string Write(IEnumerable<VServerName> names)
    {
        var chosen = names.ToList();
        var text = string.Join(',', chosen);
        if (text.Length <= LongestInAddress)
        {
            return text;
        }

        var word = Kept + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)).AsSpan(0, 16));
        lock (_gate)
        {
            _kept[word] = (chosen, time.GetUtcNow());
            if (_kept.Count > MostKept)
            {
                _kept.Remove(_kept.MinBy(k => k.Value.At).Key);
            }
        }

        return word;
    }

    /// <summary>The names that an address means, in their order; null where they were kept here and are not any more.</summary>
    public IReadOnlyList<VServerName>? Find(string? text)
    {
        if (text is not [Kept, ..])
        {
            return [.. NameList.Parse(text)];
        }

        lock (_gate)
        {
            return _kept.TryGetValue(text, out var kept) && time.GetUtcNow() - kept.At < s_keptFor ? kept.Names : null;
        }
    }
}
