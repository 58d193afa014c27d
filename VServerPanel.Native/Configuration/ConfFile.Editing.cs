using System.Text;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfFile
{
    private const int MaximumPlaces = 8;

    private byte[] NewlineBytes => _bytes.AsSpan().IndexOf("\r\n"u8) >= 0 ? "\r\n"u8.ToArray() : "\n"u8.ToArray();

    // After a byte order mark.
    private int Beginning => _bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;

    /// <summary>Sets <paramref name="key"/>: only the bytes of its value change, or one assignment is added.</summary>
    /// <param name="key">A name as the shell has them.</param>
    /// <param name="value">What a shell that sourced the file would read.</param>
    /// <param name="profile">Where the file has profiles: the one to change it in; the others keep theirs.</param>
    /// <exception cref="ArgumentException">It is no name, or the value cannot be in a file.</exception>
    public void Set(string key, string value, string? profile = null)
    {
        ThrowIfNotKey(key);
        if (Assignments(profile).TryGetValue(key, out var assignment))
        {
            if (assignment.Value != value)
            {
                var range = assignment.ValueStart..assignment.End;
                Load(Replaced(range, ShellWord.Write(value, _bytes.AsSpan(range))));
            }

            return;
        }

        Add(key, value, profile);
    }

    /// <summary>Takes every assignment of <paramref name="key"/> out of the file, in all profiles.</summary>
    public void Remove(string key)
    {
        // The first pass leaves one in each command, the second takes that with the command: not a pass for each, however many a hostile file has.
        while (Everywhere().Where(a => a.Key == key).ToList() is { Count: > 0 } assignments)
        {
            var commands = assignments.GroupBy(a => a.Command).ToList();
            var several = commands.Where(c => c.Count() > 1).SelectMany(c => c.SkipLast(1)).ToList();
            Load(Without([.. (several.Count > 0 ? several : assignments).Select(RangeToRemove)]));
        }
    }

    private byte[] Without(IReadOnlyList<Range> ranges)
    {
        var bytes = new List<byte>(_bytes.Length);
        var from = 0;
        foreach (var range in ranges)
        {
            bytes.AddRange(_bytes.AsSpan(from..range.Start.Value));
            from = range.End.Value;
        }

        bytes.AddRange(_bytes.AsSpan(from));
        return [.. bytes];
    }

    private void Add(string key, string value, string? profile)
    {
        byte[] line = [.. Encoding.ASCII.GetBytes(key), (byte)'=', .. ShellWord.Write(value, "\""u8)];
        IEnumerable<byte[]> candidates = OwnBranch(key, profile) is { } branch
            ? [WithLineInBranch(branch, line), WithLine(line, Beginning)]
            : [WithLine(line, PlaceFor(key)), WithLine(line, BeforeOpenEnd()), WithLine(line, Beginning)];

        // A shell would take a line in a here-document, or after something left open, for something else: then the next place is taken.
        foreach (var candidate in candidates)
        {
            var edited = new ConfFile(candidate);
            if (edited.Get(key, profile) == value && edited._statements.OfType<UnreadStatement>().Count() == _statements.OfType<UnreadStatement>().Count())
            {
                Load(candidate);
                return;
            }
        }

        throw new ArgumentException($"{key} cannot be added to this file: nothing in it is read. Write the file anew.");
    }

    private void Load(byte[] bytes)
    {
        _bytes = bytes;
        (_statements, _findings, _comments) = ConfParser.Read(bytes);
    }

    private byte[] Replaced(Range range, ReadOnlySpan<byte> with) => [.. _bytes.AsSpan(..range.Start.Value), .. with, .. _bytes.AsSpan(range.End.Value..)];

    // A key that other profiles set is added to this profile's branch only.
    private ProfileBranch? OwnBranch(string key, string? profile)
    {
        var profiles = _statements.OfType<ProfileStatement>().FirstOrDefault(s => s.Branches.Any(b => b.Body.OfType<Assignment>().Any(a => a.Key == key)));
        return profiles?.BranchOf(profile ?? StartProfile());
    }

    private byte[] WithLineInBranch(ProfileBranch branch, ReadOnlySpan<byte> line)
    {
        var indent = _bytes.AsSpan(LineStart(branch.BodyEnd)..branch.BodyEnd);
        var isAlone = indent.IndexOfAnyExcept(" \t"u8) < 0;
        return Replaced(branch.BodyEnd..branch.BodyEnd, [.. isAlone ? [] : NewlineBytes, .. line, .. NewlineBytes, .. isAlone ? indent : []]);
    }

    private byte[] WithLine(ReadOnlySpan<byte> line, int at)
    {
        var opensLine = at == Beginning || _bytes[at - 1] == '\n';
        return Replaced(at..at, [.. opensLine ? [] : NewlineBytes, .. line, .. NewlineBytes]);
    }

    // After the line where a template has it commented out, else after the key that comes before it in a template, else at the end.
    private int PlaceFor(string key)
    {
        foreach (var comment in _comments.Where(c => IsCommentedOut(_bytes.AsSpan(c.Start..c.End), key)).Take(MaximumPlaces))
        {
            if (IsBetweenStatements(comment.Start))
            {
                return LineEnd(comment.End);
            }
        }

        var earlier = ConfKeys.All.TakeWhile(k => k.Name != key).Select(k => k.Name).ToHashSet(StringComparer.Ordinal);
        var neighbour = earlier.Count == ConfKeys.All.Count ? null : _statements.OfType<Assignment>().LastOrDefault(a => earlier.Contains(a.Key));
        return neighbour is not null && LineEnd(neighbour.End) is var end && IsBetweenStatements(end) ? end : _bytes.Length;
    }

    // What is still open at the end would swallow a line after it.
    private int BeforeOpenEnd() => _statements.Count == 0 ? Beginning : StartOfCommand(_statements[^1]);

    private bool IsBetweenStatements(int offset) =>
        _statements.TrueForAll(s => offset <= StartOfCommand(s) || (s is Assignment a ? a.Command.End.Value : s.End) <= offset);

    private static int StartOfCommand(ConfStatement statement) => statement is Assignment assignment ? assignment.Command.Start.Value : statement.Start;

    // The whole line where nothing else is on it, the whole command where nothing else is in it, else the word.
    private Range RangeToRemove(Assignment assignment)
    {
        var (commandStart, commandEnd) = (assignment.Command.Start.Value, assignment.Command.End.Value);
        var isWhole = commandEnd == assignment.End && IsOpening(_bytes.AsSpan(commandStart..assignment.Start));
        var (start, end) = isWhole ? (commandStart, assignment.SeparatorEnd) : (assignment.Start, assignment.End);

        // only the blanks around it are looked at: a line may be the whole file
        var (before, after) = (start, end);
        while (before > Beginning && _bytes[before - 1] is (byte)' ' or (byte)'\t')
        {
            before--;
        }

        while (after < _bytes.Length && _bytes[after] is (byte)' ' or (byte)'\t')
        {
            after++;
        }

        var rest = _bytes.AsSpan(after);
        if (rest.Length > 0 && rest[0] is (byte)'&' or (byte)'|')
        {
            // the ';' keeps the operators around it apart
            return start..commandEnd;
        }

        var newline = rest.StartsWith("\n"u8) ? 1 : rest.StartsWith("\r\n"u8) ? 2 : 0;
        var isFirstOnLine = before == Beginning || _bytes[before - 1] == '\n';
        var continuesLine = _bytes.AsSpan(..before).EndsWith("\\\n"u8) || _bytes.AsSpan(..before).EndsWith("\\\r\n"u8);
        return isFirstOnLine && !continuesLine && (newline > 0 || rest.Length == 0) ? before..(after + newline) : start..after;
    }

    /// <summary>Whether nothing but <c>export</c> stands there, on one line or on several: alone it would list all that is exported.</summary>
    private static bool IsOpening(ReadOnlySpan<byte> text)
    {
        var joined = Encoding.Latin1.GetString(text).Replace("\\\r\n", "", StringComparison.Ordinal).Replace("\\\n", "", StringComparison.Ordinal).Trim(' ', '\t');
        return joined is "" or "export";
    }

    private IEnumerable<Assignment> Everywhere() => _statements
        .SelectMany(s => s is ProfileStatement profiles ? profiles.Branches.SelectMany(b => b.Body) : [s])
        .OfType<Assignment>();

    private int LineStart(int offset) => Math.Max(Beginning, _bytes.AsSpan(0, offset).LastIndexOf((byte)'\n') + 1);

    private int LineEnd(int offset) => _bytes.AsSpan(offset).IndexOf((byte)'\n') is >= 0 and var length ? offset + length + 1 : _bytes.Length;

    private static bool IsCommentedOut(ReadOnlySpan<byte> comment, string key)
    {
        comment = comment.TrimStart("# \t"u8);
        return comment.Length > key.Length && comment[key.Length] == '=' && Encoding.ASCII.GetString(comment[..key.Length]) == key;
    }

    private static void ThrowIfNotKey(string key)
    {
        if (key.Length == 0 || char.IsAsciiDigit(key[0]) || !key.All(c => c == '_' || char.IsAsciiLetterOrDigit(c)))
        {
            throw new ArgumentException($"'{key}' is no key: a key has letters, digits and '_', and does not begin with a digit.");
        }
    }
}
