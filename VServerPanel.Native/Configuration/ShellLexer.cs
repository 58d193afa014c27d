namespace VServerPanel.Native.Configuration;

/// <summary>Cuts a conf file into the tokens that a POSIX shell sees (POSIX.1-2017, Shell Command Language, 2.3 Token Recognition).
/// It reads each byte once, keeps its own stack, and runs nothing.</summary>
/// <remarks>A carriage return before a newline belongs to the newline: files edited on Windows are read as they were meant.</remarks>
internal ref struct ShellLexer(ReadOnlySpan<byte> text)
{
    private const byte Quoted = (byte)'"';
    private const byte Command = (byte)'(';
    private const byte Parameter = (byte)'{';

    private readonly ReadOnlySpan<byte> _text = text;
    private readonly List<ShellToken> _tokens = [];
    private readonly List<(int Start, int End, bool StripTabs)> _hereDocuments = [];
    private readonly List<byte> _open = [];
    private int _at = 0;
    private int _line = 1;

    /// <summary>The tokens of <paramref name="text"/>, in order.</summary>
    public static List<ShellToken> Read(ReadOnlySpan<byte> text)
    {
        var lexer = new ShellLexer(text);
        lexer.Read();
        return lexer._tokens;
    }

    private void Read()
    {
        // A byte order mark is not part of the first key.
        _at = _text.StartsWith("\uFEFF"u8) ? 3 : 0;
        while (_at < _text.Length)
        {
            var newline = NewlineLength(_at);
            var c = _text[_at];
            if (newline > 0)
            {
                Add(ShellTokenKind.Newline, newline);
                _line++;
                ReadHereDocuments();
            }
            else if (c is (byte)' ' or (byte)'\t')
            {
                _at++;
            }
            else if (c == '\\' && NewlineLength(_at + 1) > 0)
            {
                Skip(1 + NewlineLength(_at + 1));
            }
            else if (c == '#')
            {
                Add(ShellTokenKind.Comment, LineEnd(_at) - _at);
            }
            else if (IsOperator(c))
            {
                ReadOperator(c);
            }
            else
            {
                ReadWord();
            }
        }
    }

    private void ReadOperator(byte c)
    {
        var doubled = Peek(1) == c;
        switch (c)
        {
            case (byte)';':
                Add(doubled ? ShellTokenKind.DoubleSemicolon : ShellTokenKind.Semicolon, doubled ? 2 : 1);
                break;
            case (byte)'(':
                Add(ShellTokenKind.OpenParenthesis, 1);
                break;
            case (byte)')':
                Add(ShellTokenKind.CloseParenthesis, 1);
                break;
            case (byte)'|' when !doubled:
                Add(ShellTokenKind.Pipe, 1);
                break;
            case (byte)'|' or (byte)'&':
                Add(doubled ? ShellTokenKind.List : ShellTokenKind.Background, doubled ? 2 : 1);
                break;
            case (byte)'<' when doubled:
                var stripTabs = Peek(2) == '-';
                Add(ShellTokenKind.Redirection, stripTabs ? 3 : 2);
                while (Peek(0) is ' ' or '\t')
                {
                    _at++;
                }

                if (_at < _text.Length && NewlineLength(_at) == 0 && !IsOperator(_text[_at]))
                {
                    var start = _at;
                    ReadWord();
                    _hereDocuments.Add((start, _at, stripTabs));
                }

                break;
            default:
                Add(ShellTokenKind.Redirection, doubled || Peek(1) == '&' ? 2 : 1);
                break;
        }
    }

    // The word goes on until an operator or blank outside of all quotes and substitutions; _open says which are open.
    private void ReadWord()
    {
        var (start, line) = (_at, _line);
        _open.Clear();
        while (_at < _text.Length)
        {
            var c = _text[_at];
            var inside = _open.Count == 0 ? (byte)0 : _open[^1];
            if (inside == 0 && (c is (byte)' ' or (byte)'\t' || IsOperator(c) || NewlineLength(_at) > 0))
            {
                break;
            }

            if (c == '\\')
            {
                Skip(1 + Math.Max(1, NewlineLength(_at + 1)));
            }
            else if (c == '\'' && inside != Quoted)
            {
                SkipTo((byte)'\'', escapes: false);
            }
            else if (c == '`')
            {
                SkipTo((byte)'`', escapes: true);
            }
            else if (c == '$' && Peek(1) is '(' or '{')
            {
                _open.Add(_text[_at + 1]);
                Skip(2);
            }
            else
            {
                Nest(c, inside);
                Skip(1);
            }
        }

        _tokens.Add(new ShellToken(ShellTokenKind.Word, start, _at, line, _open.Count > 0));
    }

    private readonly void Nest(byte c, byte inside)
    {
        var closes = inside switch { Quoted => Quoted, Command => (byte)')', Parameter => (byte)'}', _ => (byte)0 };
        if (c == closes && inside != 0)
        {
            _open.RemoveAt(_open.Count - 1);
        }
        else if (c == '"' || (c == '(' && inside == Command))
        {
            _open.Add(c);
        }
    }

    private void SkipTo(byte end, bool escapes)
    {
        Skip(1);
        while (_at < _text.Length && _text[_at] != end)
        {
            Skip(escapes && _text[_at] == '\\' ? 2 : 1);
        }

        if (_at >= _text.Length)
        {
            _open.Add(end);
        }
        else
        {
            _at++;
        }
    }

    private void ReadHereDocuments()
    {
        foreach (var (start, end, stripTabs) in _hereDocuments)
        {
            Span<byte> unquoted = new byte[end - start];
            var length = 0;
            foreach (var c in _text[start..end])
            {
                if (c is not ((byte)'\'' or (byte)'"' or (byte)'\\'))
                {
                    unquoted[length++] = c;
                }
            }

            var (bodyStart, bodyLine, found) = (_at, _line, false);
            while (_at < _text.Length && !found)
            {
                var lineEnd = LineEnd(_at);
                var line = _text[_at..lineEnd];
                found = (stripTabs ? line.TrimStart((byte)'\t') : line).SequenceEqual(unquoted[..length]);
                Skip(lineEnd - _at + NewlineLength(lineEnd));
            }

            _tokens.Add(new ShellToken(ShellTokenKind.HereDocument, bodyStart, _at, bodyLine, !found));
        }

        _hereDocuments.Clear();
    }

    private void Add(ShellTokenKind kind, int length)
    {
        _tokens.Add(new ShellToken(kind, _at, _at + length, _line));
        _at += length;
    }

    private void Skip(int count)
    {
        for (var end = Math.Min(_at + count, _text.Length); _at < end; _at++)
        {
            _line += _text[_at] == '\n' ? 1 : 0;
        }
    }

    private readonly int LineEnd(int from)
    {
        var length = _text[from..].IndexOf((byte)'\n');
        var end = length < 0 ? _text.Length : from + length;
        return length > 0 && _text[end - 1] == '\r' ? end - 1 : end;
    }

    private readonly int NewlineLength(int at) =>
        at >= _text.Length ? 0
        : _text[at] == '\n' ? 1
        : _text[at] == '\r' && at + 1 < _text.Length && _text[at + 1] == '\n' ? 2
        : 0;

    private readonly int Peek(int offset) => _at + offset < _text.Length ? _text[_at + offset] : -1;

    private static bool IsOperator(byte c) => c is (byte)';' or (byte)'&' or (byte)'|' or (byte)'<' or (byte)'>' or (byte)'(' or (byte)')';
}
