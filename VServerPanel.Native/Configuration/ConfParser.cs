using System.Text;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

/// <summary>Reads the statements of a conf file that it understands, and finds the ends of those it does not.</summary>
internal ref partial struct ConfParser(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private readonly List<ShellToken> _tokens = ShellLexer.Read(text);
    private readonly List<ConfFinding> _findings = [];
    private int _next = 0;
    private int _failures = 0;

    /// <summary>The statements of a file, what was found on the way, and its comments.</summary>
    public static (List<ConfStatement> Statements, List<ConfFinding> Findings, List<ShellToken> Comments) Read(ReadOnlySpan<byte> text)
    {
        var parser = new ConfParser(text);
        var statements = parser.ReadList(inBranch: false);
        return (statements, parser._findings, parser._tokens.FindAll(t => t.Kind == ShellTokenKind.Comment));
    }

    private List<ConfStatement> ReadList(bool inBranch)
    {
        List<ConfStatement> statements = [];
        while (_next < _tokens.Count)
        {
            var token = _tokens[_next];
            if (token.Kind is ShellTokenKind.Newline or ShellTokenKind.Comment)
            {
                _next++;
            }
            else if (inBranch && (token.Kind == ShellTokenKind.DoubleSemicolon || Is(token, "esac"u8)))
            {
                break;
            }
            else if (!TryReadAssignments(statements) && (inBranch || !TryReadProfiles(statements)))
            {
                SkipCommand(statements, inBranch);
            }
        }

        return statements;
    }

    private bool TryReadAssignments(List<ConfStatement> statements)
    {
        var first = _next;
        var isExport = Is(_tokens[first], "export"u8);
        var last = first - 1;
        while (last + 1 < _tokens.Count && _tokens[last + 1].Kind == ShellTokenKind.Word)
        {
            last++;
            var word = _tokens[last];
            var key = KeyLength(_text[word.Start..word.End]);
            var isName = isExport && (last == first || key == word.End - word.Start);
            if (word.IsUnterminated || !(isName || (key > 0 && word.Start + key < word.End && _text[word.Start + key] == '=')))
            {
                return false;
            }
        }

        if (last < first || !EndsCommand(last + 1))
        {
            return false;
        }

        var command = _tokens[first].Start.._tokens[last].End;
        var hasSeparator = last + 1 < _tokens.Count && _tokens[last + 1].Kind == ShellTokenKind.Semicolon;
        var separatorEnd = _tokens[hasSeparator ? last + 1 : last].End;
        for (var i = isExport ? first + 1 : first; i <= last; i++)
        {
            AddAssignment(statements, _tokens[i], command, separatorEnd, isExport);
        }

        // the ';' belongs to the command, so that none is taken for an empty one
        _next = last + (hasSeparator ? 2 : 1);
        return true;
    }

    private readonly void AddAssignment(List<ConfStatement> statements, ShellToken word, Range command, int separatorEnd, bool isExport)
    {
        var bytes = _text[word.Start..word.End];
        var keyLength = KeyLength(bytes);
        if (keyLength == bytes.Length)
        {
            return;
        }

        var key = Encoding.ASCII.GetString(bytes[..keyLength]);
        var value = ShellWord.Read(bytes[(keyLength + 1)..], out var reason);
        if (isExport && value is not null && bytes[(keyLength + 1)..].IndexOfAny("*?[{"u8) >= 0 && bytes[keyLength + 1] is not ((byte)'"' or (byte)'\''))
        {
            (value, reason) = (null, "a pattern of file names, after export");
        }

        if (value is null)
        {
            _findings.Add(new ConfFinding(word.Line, key, $"{key} is kept but not read: its value is {reason}, and nothing in this file is executed. Write the value itself.", false));
        }

        statements.Add(new Assignment(word.Start, word.End, word.Line, key, word.Start + keyLength + 1, value, command, separatorEnd));
    }

    private readonly bool EndsCommand(int index) =>
        index >= _tokens.Count
        || _tokens[index].Kind is ShellTokenKind.Newline or ShellTokenKind.Semicolon or ShellTokenKind.DoubleSemicolon or ShellTokenKind.Comment;

    private readonly bool Is(ShellToken token, ReadOnlySpan<byte> word) =>
        token.Kind == ShellTokenKind.Word && _text[token.Start..token.End].SequenceEqual(word);

    private static int KeyLength(ReadOnlySpan<byte> word)
    {
        var length = 0;
        while (length < word.Length && (word[length] == '_' || char.IsAsciiLetter((char)word[length]) || (length > 0 && char.IsAsciiDigit((char)word[length]))))
        {
            length++;
        }

        return length;
    }
}
