using System.Text.Json;
using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>A line on the standard input of <c>vserver NAME terminal</c>. The end of the input closes the terminal.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(TerminalInput), "input")]
[JsonDerivedType(typeof(TerminalSize), "resize")]
[JsonDerivedType(typeof(TerminalClose), "close")]
public abstract record TerminalCommand
{
    /// <summary>Longest line that is read, in bytes.</summary>
    public const int LongestLine = 1 << 17;

    /// <summary>One line, without its newline.</summary>
    public static string Write(TerminalCommand command) => JsonSerializer.Serialize(command, WireJson.Default.TerminalCommand);

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">It is not such a line.</exception>
    public static TerminalCommand Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, WireJson.Default.TerminalCommand) ?? throw new JsonException("null is not a command for a terminal");
        }
        catch (NotSupportedException e)
        {
            // so System.Text.Json calls an object without a type
            throw new JsonException(e.Message, e);
        }
    }
}

/// <summary>What was typed.</summary>
/// <param name="Data">Bytes, as base64.</param>
public sealed record TerminalInput(ReadOnlyMemory<byte> Data) : TerminalCommand;

/// <summary>The size of the window.</summary>
/// <param name="Columns">1 to 1000.</param>
/// <param name="Rows">1 to 1000.</param>
public sealed record TerminalSize(int Columns, int Rows) : TerminalCommand
{
    /// <summary>Largest number of columns and of rows.</summary>
    public const int Most = 1000;

    [JsonIgnore]
    public bool IsPossible => Columns is >= 1 and <= Most && Rows is >= 1 and <= Most;
}

/// <summary>The terminal is hung up: what runs on it gets SIGHUP, and SIGKILL if that does not end it.</summary>
public sealed record TerminalClose : TerminalCommand;

/// <summary>What a program in the vserver wrote on its terminal.</summary>
/// <param name="Data">Bytes, as base64; not text: a character may be cut in two.</param>
public sealed record TerminalOutput(ReadOnlyMemory<byte> Data);
