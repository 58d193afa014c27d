using VServerPanel.Protocol;

namespace VServerPanel.Native.Configuration;

internal ref partial struct ConfParser
{
    private const string Advice = "is kept but not read: nothing in this file is executed. Write assignments as KEY=\"value\"";

    // Finds the end of a command by its reserved words and parentheses, so that nothing inside is taken for an assignment of ours.
    private void SkipCommand(List<ConfStatement> statements, bool inBranch)
    {
        var first = _tokens[_next];
        var end = first.End;
        Stack<char> open = [];
        var atCommand = true;
        var goesOn = false;
        var isUnterminated = false;
        for (; _next < _tokens.Count && first.Kind != ShellTokenKind.HereDocument; _next++)
        {
            var token = _tokens[_next];
            if (open.Count == 0 && inBranch && (token.Kind == ShellTokenKind.DoubleSemicolon || (atCommand && Is(token, "esac"u8))))
            {
                break;
            }

            end = token.Kind == ShellTokenKind.Comment ? end : token.End;
            isUnterminated |= token.IsUnterminated;
            if (token.Kind is ShellTokenKind.Newline or ShellTokenKind.Semicolon or ShellTokenKind.DoubleSemicolon or ShellTokenKind.Background && open.Count == 0 && !goesOn)
            {
                _next++;
                break;
            }

            (atCommand, goesOn) = token.Kind switch
            {
                ShellTokenKind.Word => (Nest(token, atCommand, open), false),
                ShellTokenKind.Comment => (atCommand, goesOn),
                ShellTokenKind.Newline => (true, goesOn),
                ShellTokenKind.Pipe or ShellTokenKind.List => (true, true),
                ShellTokenKind.Redirection => (false, goesOn),
                _ => (true, false),
            };
            Nest(token.Kind, open);
        }

        while (_next < _tokens.Count && _tokens[_next].Kind == ShellTokenKind.HereDocument)
        {
            end = _tokens[_next].End;
            isUnterminated |= _tokens[_next++].IsUnterminated;
        }

        statements.Add(new UnreadStatement(first.Start, end, first.Line, isUnterminated || open.Count > 0 || goesOn));
        _findings.Add(Describe(first, isUnterminated || open.Count > 0 || goesOn));
    }

    private readonly bool Nest(ShellToken word, bool atCommand, Stack<char> open)
    {
        if (!atCommand)
        {
            return false;
        }

        if (Is(word, "if"u8) || Is(word, "for"u8) || Is(word, "while"u8) || Is(word, "until"u8) || Is(word, "case"u8) || Is(word, "{"u8))
        {
            open.Push((char)_text[word.Start]);
            return !(Is(word, "for"u8) || Is(word, "case"u8));
        }

        if (open.TryPeek(out var innermost) && IsEnd(word, innermost))
        {
            open.Pop();
            return false;
        }

        return Is(word, "then"u8) || Is(word, "else"u8) || Is(word, "elif"u8) || Is(word, "do"u8) || Is(word, "!"u8);
    }

    private readonly bool IsEnd(ShellToken word, char innermost) => innermost switch
    {
        'i' => Is(word, "fi"u8),
        'c' => Is(word, "esac"u8),
        '{' => Is(word, "}"u8),
        '(' => false,
        _ => Is(word, "done"u8),
    };

    private static void Nest(ShellTokenKind kind, Stack<char> open)
    {
        if (kind == ShellTokenKind.OpenParenthesis)
        {
            open.Push('(');
        }
        else if (kind == ShellTokenKind.CloseParenthesis && open.TryPeek(out var innermost) && innermost == '(')
        {
            open.Pop();
        }
    }

    private readonly ConfFinding Describe(ShellToken first, bool isUnterminated)
    {
        if (isUnterminated)
        {
            return new ConfFinding(first.Line, null, "Something opened here (a quote, a substitution, a block) is still open at the end of the file: nothing from here on is read. Close it.", true);
        }

        if (first.Kind != ShellTokenKind.Word)
        {
            return new ConfFinding(first.Line, null, $"This {Advice}.", false);
        }

        var word = _text[first.Start..first.End];
        var keyLength = KeyLength(word);
        if (keyLength == 0)
        {
            return new ConfFinding(first.Line, null, $"This {Advice}.", false);
        }

        var key = ShellWord.Decode(word[..keyLength]);
        var following = _text[first.End..];
        if (keyLength < word.Length && word[keyLength] == '=')
        {
            return new ConfFinding(first.Line, key, $"This assignment of {key} {Advice}, one value without blanks around '=', quoted where it holds blanks.", false);
        }

        return keyLength == word.Length && following.TrimStart(" \t"u8).StartsWith("="u8)
            ? new ConfFinding(first.Line, key, $"This {Advice}: write {key}=… without blanks around '='.", false)
            : new ConfFinding(first.Line, null, $"The command '{key}' {Advice}.", false);
    }
}
