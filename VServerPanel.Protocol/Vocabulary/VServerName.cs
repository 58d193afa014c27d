using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>The name of a vserver: it names its tree, its conf file, its cgroup and its context file.</summary>
/// <remarks>1 to 63 of <c>A-Z a-z 0-9 . _ -</c>, beginning with a letter or digit. <c>ALL</c> is a word of the tools; the endings
/// <c>.conf .sh .ctx</c> would be taken for the files of another vserver.</remarks>
[JsonConverter(typeof(VServerNameJsonConverter))]
public readonly record struct VServerName
{
    /// <summary>What a name may look like, for messages.</summary>
    public const string Rule = "A name has 1 to 63 letters, digits, '.', '_' or '-', begins with a letter or digit, does not end in .conf, .sh or .ctx, and is not ALL.";

    private readonly string? _value;

    private VServerName(string value) => _value = value;

    /// <summary>The name as text.</summary>
    public string Value => _value ?? throw new InvalidOperationException("This VServerName was never set.");

    /// <summary>Reads a name; false where <paramref name="text"/> is not one (see <see cref="Rule"/>).</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out VServerName name)
    {
        name = default;
        if (text is null or { Length: 0 or > 63 } || !char.IsAsciiLetterOrDigit(text[0]) || text.Equals("ALL", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        if (text.EndsWith(".conf", StringComparison.Ordinal) || text.EndsWith(".sh", StringComparison.Ordinal) || text.EndsWith(".ctx", StringComparison.Ordinal))
        {
            return false;
        }

        name = new VServerName(text);
        return true;
    }

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">It is not one; the message says what a name is.</exception>
    public static VServerName Parse(string text) => TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a vserver name. {Rule}");

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}

/// <summary>A name as a JSON string.</summary>
public sealed class VServerNameJsonConverter : JsonConverter<VServerName>
{
    public override VServerName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        VServerName.TryParse(reader.GetString(), out var name) ? name : throw new JsonException("not a vserver name");

    public override void Write(Utf8JsonWriter writer, VServerName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
