namespace VServerPanel.Native.Configuration;

internal enum ShellTokenKind
{
    Word,
    Comment,
    Newline,
    Semicolon,
    DoubleSemicolon,
    OpenParenthesis,
    CloseParenthesis,
    Pipe,

    /// <summary>An ampersand.</summary>
    Background,

    /// <summary>Two ampersands or two bars: what follows belongs to the same list of commands.</summary>
    List,
    Redirection,

    /// <summary>The lines of a here-document.</summary>
    HereDocument,
}

/// <summary>A token of a conf file: the bytes from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset after its last byte.</param>
/// <param name="Line">Its first line, from 1.</param>
/// <param name="IsUnterminated">A quote, substitution or here-document in it is still open at the end of the file.</param>
internal readonly record struct ShellToken(ShellTokenKind Kind, int Start, int End, int Line, bool IsUnterminated = false);
