using System.Text;

namespace VServerPanel.Core.Tests.Auditing;

/// <summary>Reads RFC 4180 to the letter: records end in CR LF, a quote stands only in quoted fields, where it is doubled.</summary>
internal static class Csv
{
    public static List<List<string>> Parse(string text)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            row.Add(Field(text, ref i));
            if (text[i] == ',')
            {
                i++;
                continue;
            }

            Assert.Equal("\r\n", text.Substring(i, 2));
            i += 2;
            rows.Add(row);
            row = [];
        }

        Assert.Empty(row);
        return rows;
    }

    private static string Field(string text, ref int i)
    {
        var field = new StringBuilder();
        if (text[i] != '"')
        {
            while (text[i] is not (',' or '\r'))
            {
                Assert.True(text[i] is not ('"' or '\n'), "a quote or line break in a field without quotes");
                field.Append(text[i++]);
            }

            return field.ToString();
        }

        for (i++; text[i] != '"' || (i + 1 < text.Length && text[i + 1] == '"'); i++)
        {
            if (text[i] == '"')
            {
                i++;
            }

            field.Append(text[i]);
        }

        i++;
        return field.ToString();
    }
}
