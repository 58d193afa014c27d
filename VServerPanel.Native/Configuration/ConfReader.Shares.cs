using VServerPanel.Native.Shares;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfReader
{
    private const int MostShares = 64;

    private List<HostShare> ReadShares()
    {
        var shares = new List<HostShare>();
        foreach (var word in Text(ConfKeys.Shares)?.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (HostShare.TryParse(word, out var error) is not { } share)
            {
                Error(ConfKeys.Shares, error!);
            }
            else if (shares.Exists(s => s.Target == share.Target))
            {
                Error(ConfKeys.Shares, $"{share.Target} is there twice. Leave one.");
            }
            else if (shares.Find(s => IsWithin(share.Target, s.Target) || IsWithin(s.Target, share.Target)) is { } other)
            {
                // what is in the one is written by all who have it: they could lead the other elsewhere
                Error(ConfKeys.Shares, $"{share.Target} and {other.Target} lie one in the other. Choose places beside each other.");
            }
            else
            {
                shares.Add(share);
            }
        }

        if (shares.Count > MostShares)
        {
            Error(ConfKeys.Shares, $"SHARES has {shares.Count} directories, and a vserver has at most {MostShares}. Share what holds several of them.");
        }

        return shares;

        static bool IsWithin(string path, string directory) => path.StartsWith(directory + "/", StringComparison.Ordinal);
    }
}
