using System.Security.Cryptography;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>A file of shell assignments such as <c>/etc/vservers/NAME.conf</c>: read, edited and written back without loss, never executed.</summary>
internal sealed partial class ConfFile
{
    /// <summary>Larger files are refused, in bytes.</summary>
    public const int MaximumSize = 1 << 20;

    /// <summary>The profile of a vserver where none is asked for, as in the classic tools.</summary>
    public const string DefaultProfile = "prod";

    private byte[] _bytes;
    private List<ConfStatement> _statements;
    private List<ConfFinding> _findings;
    private List<ShellToken> _comments;

    private ConfFile(byte[] bytes)
    {
        _bytes = bytes;
        (_statements, _findings, _comments) = ConfParser.Read(bytes);
    }

    /// <summary>What is not read, with its line and what to write instead.</summary>
    public IReadOnlyList<ConfFinding> Findings => [.. FileFindings(), .. _findings];

    /// <summary>The profiles that the file tells apart, in its order; empty where it tells none apart.</summary>
    public IReadOnlyList<string> Profiles =>
        [.. _statements.OfType<ProfileStatement>().SelectMany(s => s.Branches).SelectMany(b => b.Profiles).Distinct(StringComparer.Ordinal)];

    /// <summary>The same for who reads the file once for each; null alone where it tells none apart.</summary>
    public IReadOnlyList<string?> ProfilesOrNone => Profiles is { Count: > 0 } profiles ? [.. profiles] : [null];

    /// <summary>What a shell that sourced the file would execute: statements that are not read, and values that it would have to compute.</summary>
    public IReadOnlyList<string> ShellCode => [.. All(_statements).Where(s => s is UnreadStatement or Assignment { Value: null }).Select(s => System.Text.Encoding.Latin1.GetString(_bytes, s.Start, s.End - s.Start))];

    /// <summary>SHA-256 of the bytes, in hex.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(_bytes));

    /// <summary>The file as text: UTF-8, else Latin-1.</summary>
    public string Text => ShellWord.Decode(_bytes);

    /// <summary>Reads a file's bytes. Any bytes can be read; what is not understood is in <see cref="Findings"/>.</summary>
    public static ConfFile Parse(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>Reads a file's text.</summary>
    public static ConfFile Parse(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Every byte of the file.</summary>
    public byte[] ToBytes() => [.. _bytes];

    /// <summary>The value of <paramref name="key"/>; null where it is not set, or where a shell would have to compute it.</summary>
    public string? Get(string key, string? profile = null) => Assignments(profile).GetValueOrDefault(key)?.Value;

    /// <summary>The keys and their values, without those that a shell would have to compute.</summary>
    public IReadOnlyDictionary<string, string> Values(string? profile = null) =>
        Assignments(profile).Where(a => a.Value.Value is not null).ToDictionary(a => a.Key, a => a.Value.Value!, StringComparer.Ordinal);

    /// <summary>The assignment of each key that wins: the last, in the branch of <paramref name="profile"/>.</summary>
    public IReadOnlyDictionary<string, Assignment> Assignments(string? profile = null)
    {
        Dictionary<string, Assignment> winning = new(StringComparer.Ordinal);
        foreach (var assignment in Effective(profile))
        {
            winning[assignment.Key] = assignment;
        }

        return winning;
    }

    /// <summary>The assignments that a shell would carry out, in order.</summary>
    public IEnumerable<Assignment> Effective(string? profile = null)
    {
        var current = profile ?? StartProfile();
        foreach (var statement in _statements)
        {
            if (statement is ProfileStatement profiles)
            {
                foreach (var assignment in profiles.BranchOf(current)?.Body.OfType<Assignment>() ?? [])
                {
                    yield return assignment;
                }
            }
            else if (statement is Assignment assignment)
            {
                current = assignment.Key == "PROFILE" ? assignment.Value : current;
                yield return assignment;
            }
        }
    }

    private static IEnumerable<ConfStatement> All(IEnumerable<ConfStatement> statements) =>
        statements.SelectMany(s => s is ProfileStatement profiles ? profiles.Branches.SelectMany(b => All(b.Body)) : [s]);

    private string? StartProfile() => Profiles is { Count: > 0 } profiles && !profiles.Contains(DefaultProfile, StringComparer.Ordinal) ? profiles[0] : DefaultProfile;

    private IEnumerable<ConfFinding> FileFindings()
    {
        if (_bytes.AsSpan().StartsWith("\uFEFF"u8))
        {
            yield return new ConfFinding(1, null, "The file begins with a byte order mark; a shell would take it for part of the first word. Save it without.", false);
        }

        if (_bytes.AsSpan().IndexOf("\r\n"u8) is >= 0 and var at)
        {
            yield return new ConfFinding(1 + _bytes.AsSpan(0, at).Count((byte)'\n'), null, "Lines end in CR LF; a shell would take the CR for part of the value. Save the file with Unix line ends.", false);
        }

        if (!ShellWord.IsUtf8(_bytes))
        {
            yield return new ConfFinding(0, null, "The file is not UTF-8; it is read as Latin-1.", false);
        }
    }
}
