using System.Text;

namespace VServerPanel.Native.Configuration;

internal sealed partial class ConfFile
{
    /// <summary>The text of the <c># Description:</c> line; empty where there is none.</summary>
    /// <exception cref="ArgumentException">The new text has control characters.</exception>
    public string Description
    {
        get => DescriptionRange() is { } range ? ShellWord.Decode(_bytes.AsSpan(range)).Trim() : "";
        set
        {
            if (value.Any(char.IsControl))
            {
                throw new ArgumentException("A description is one line of text.");
            }

            if (DescriptionRange() is { } range)
            {
                if (Description != value.Trim())
                {
                    Load(Replaced(range, Encoding.UTF8.GetBytes(value.Length == 0 ? "" : $" {value.Trim()}")));
                }
            }
            else if (value.Length > 0)
            {
                Load(WithLine(Encoding.UTF8.GetBytes($"# Description: {value.Trim()}"), Beginning));
            }
        }
    }

    // From after the colon to the end of the line.
    private Range? DescriptionRange()
    {
        foreach (var comment in _comments)
        {
            var text = _bytes.AsSpan(comment.Start..comment.End);
            var label = text.TrimStart("# \t"u8);
            if (comment.Start == LineStart(comment.Start) && label.StartsWith("Description:"u8))
            {
                return (comment.End - label.Length + "Description:".Length)..comment.End;
            }
        }

        return null;
    }
}
