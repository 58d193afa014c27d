namespace VServerPanel.Native.Configuration;

internal ref partial struct ConfParser
{
    // A file of ours has one; what fails is read twice, so a hostile file may not fail often.
    private const int MaximumFailures = 8;

    // case $PROFILE in prod) … ;; backup|test) … ;; *) … esac
    private bool TryReadProfiles(List<ConfStatement> statements)
    {
        var (start, findings) = (_next, _findings.Count);
        if (_failures < MaximumFailures && Is(_tokens[start], "case"u8) && start + 2 < _tokens.Count && IsProfileWord(_tokens[start + 1]) && Is(_tokens[start + 2], "in"u8))
        {
            _next = start + 3;
            List<ProfileBranch> branches = [];
            while (ReadBranch(branches))
            {
            }

            if (_next < _tokens.Count && Is(_tokens[_next], "esac"u8) && EndsCommand(_next + 1))
            {
                statements.Add(new ProfileStatement(_tokens[start].Start, _tokens[_next].End, _tokens[start].Line, branches));
                _next += _next + 1 < _tokens.Count && _tokens[_next + 1].Kind == ShellTokenKind.Semicolon ? 2 : 1;
                return true;
            }

            _failures++;
        }

        _next = start;
        _findings.RemoveRange(findings, _findings.Count - findings);
        return false;
    }

    private bool ReadBranch(List<ProfileBranch> branches)
    {
        SkipBlankLines();
        if (_next >= _tokens.Count || Is(_tokens[_next], "esac"u8))
        {
            return false;
        }

        _next += _tokens[_next].Kind == ShellTokenKind.OpenParenthesis ? 1 : 0;
        List<string> profiles = [];
        var isDefault = false;
        for (; _next + 1 < _tokens.Count && _tokens[_next].Kind == ShellTokenKind.Word; _next += 2)
        {
            var word = _text[_tokens[_next].Start.._tokens[_next].End];
            if (word.SequenceEqual("*"u8))
            {
                isDefault = true;
            }
            else if (word.IndexOfAny("*?["u8) < 0 && ShellWord.Read(word, out _) is { Length: > 0 } profile)
            {
                profiles.Add(profile);
            }
            else
            {
                return false;
            }

            if (_tokens[_next + 1].Kind != ShellTokenKind.Pipe)
            {
                break;
            }
        }

        if (_next + 1 >= _tokens.Count || _tokens[_next + 1].Kind != ShellTokenKind.CloseParenthesis || (profiles.Count == 0 && !isDefault))
        {
            return false;
        }

        _next += 2;
        var body = ReadList(inBranch: true);
        if (_next >= _tokens.Count)
        {
            return false;
        }

        branches.Add(new ProfileBranch(profiles, isDefault, body, _tokens[_next].Start));
        _next += _tokens[_next].Kind == ShellTokenKind.DoubleSemicolon ? 1 : 0;
        return true;
    }

    private void SkipBlankLines()
    {
        while (_next < _tokens.Count && _tokens[_next].Kind is ShellTokenKind.Newline or ShellTokenKind.Comment)
        {
            _next++;
        }
    }

    private readonly bool IsProfileWord(ShellToken token) =>
        Is(token, "$PROFILE"u8) || Is(token, "\"$PROFILE\""u8) || Is(token, "${PROFILE}"u8) || Is(token, "\"${PROFILE}\""u8);
}
