namespace VServerPanel.Native.Creation.Debootstrap;

/// <summary>Reads apt's sources: one-line and deb822 files (sources.list(5)). Only archives of binary packages that are enabled and whose keys are files.</summary>
internal static class AptSources
{
    /// <summary>This host's, in apt's order.</summary>
    public static IReadOnlyList<AptSource> ReadHost(string apt = "/etc/apt")
    {
        var parts = Directory.Exists(apt + "/sources.list.d") ? Directory.EnumerateFiles(apt + "/sources.list.d").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        var found = new List<AptSource>();
        foreach (var file in parts.Prepend(apt + "/sources.list").Where(File.Exists))
        {
            if (file.EndsWith(".list", StringComparison.Ordinal))
            {
                found.AddRange(ParseLines(File.ReadAllText(file)));
            }
            else if (file.EndsWith(".sources", StringComparison.Ordinal))
            {
                found.AddRange(ParseDeb822(File.ReadAllText(file)));
            }
        }

        return found;
    }

    /// <summary><c>deb [ option=value … ] uri suite component …</c></summary>
    public static IEnumerable<AptSource> ParseLines(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToList();
            if (words is not ["deb", ..])
            {
                continue;
            }

            words.RemoveAt(0);
            string? signedBy = null;
            if (words.Count > 0 && words[0].StartsWith('['))
            {
                var end = words.FindIndex(w => w.EndsWith(']'));
                if (end < 0)
                {
                    continue;
                }

                foreach (var option in string.Join(' ', words.Take(end + 1)).Trim('[', ']', ' ').Split(' '))
                {
                    signedBy = option.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase) ? option["signed-by=".Length..].Split(',')[0] : signedBy;
                }

                words.RemoveRange(0, end + 1);
            }

            if (words.Count >= 3 && IsUsable(words[0], signedBy))
            {
                yield return new AptSource(words[0].TrimEnd('/'), words[1], [.. words.Skip(2)], signedBy);
            }
        }
    }

    /// <summary>Stanzas of <c>Types: Uris: Suites: Components: Signed-By: Enabled:</c></summary>
    public static IEnumerable<AptSource> ParseDeb822(string text)
    {
        foreach (var fields in Stanzas(text))
        {
            var signedBy = fields.GetValueOrDefault("signed-by")?.Trim() is { Length: > 0 } keys ? keys : null;
            var isKeyFile = signedBy?.StartsWith('/') != false;
            if (!Words("types").Contains("deb") || fields.GetValueOrDefault("enabled")?.Trim().ToLowerInvariant() is "no" or "false" or "0" || !isKeyFile)
            {
                continue;
            }

            var keyring = signedBy?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0];
            foreach (var uri in Words("uris").Where(u => IsUsable(u, keyring)))
            {
                foreach (var suite in Words("suites").Where(s => !s.EndsWith('/')))
                {
                    yield return new AptSource(uri.TrimEnd('/'), suite, Words("components"), keyring);
                }
            }

            string[] Words(string key) => fields.GetValueOrDefault(key)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        }
    }

    private static IEnumerable<Dictionary<string, string>> Stanzas(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var last = "";
        foreach (var line in text.Split('\n').Append("").Select(l => l.TrimEnd()))
        {
            if (line.Length == 0)
            {
                if (fields.Count > 0)
                {
                    yield return fields;
                    fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                }
            }
            else if (line[0] == '#')
            {
                // a comment may stand between the lines of a field
            }
            else if (line[0] is ' ' or '\t')
            {
                fields[last] = fields.GetValueOrDefault(last) + "\n" + line;
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                last = line[..colon];
                fields[last] = line[(colon + 1)..];
            }
        }
    }

    private static bool IsUsable(string uri, string? signedBy) =>
        (uri.StartsWith("http://", StringComparison.Ordinal) || uri.StartsWith("https://", StringComparison.Ordinal)) && (signedBy is null || signedBy.StartsWith('/'));
}
