using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Contexts;

/// <summary>What <c>systemctl show</c> tells of a unit.</summary>
internal static class SystemdUnit
{
    /// <summary>Lines <c>Key=value</c>.</summary>
    public static IReadOnlyDictionary<string, string> ParseProperties(string text)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                properties.TryAdd(line[..equals], line[(equals + 1)..]);
            }
        }

        return properties;
    }

    /// <summary><c>{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS ; ignore_errors=no ; … }</c>, with variables put in.</summary>
    /// <exception cref="ProblemException">Unsupported: it has no single command.</exception>
    public static IReadOnlyList<string> Command(IReadOnlyDictionary<string, string> unit)
    {
        const string Start = "argv[]=";
        var text = unit.GetValueOrDefault("ExecStart", "");
        var from = text.IndexOf(Start, StringComparison.Ordinal);
        var to = from < 0 ? -1 : text.IndexOf(" ; ", from, StringComparison.Ordinal);
        if (to < 0 || text.IndexOf(Start, to, StringComparison.Ordinal) >= 0)
        {
            throw new ProblemException(ProblemCode.Unsupported, "The unit has no single command that could be run. Write a script in /etc/init.d, or use 'chbind' in the unit itself.");
        }

        var variables = Variables(unit);
        var words = new List<string>();
        foreach (var word in text[(from + Start.Length)..to].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // systemd.service(5): $FOO as a word of its own is split into words, ${FOO} is one
            if (word.StartsWith('$') && !word.StartsWith("${", StringComparison.Ordinal))
            {
                words.AddRange(variables.GetValueOrDefault(word[1..], "").Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            else
            {
                words.Add(variables.Aggregate(word, (w, v) => w.Replace($"${{{v.Key}}}", v.Value, StringComparison.Ordinal)));
            }
        }

        return words;
    }

    // Environment=A=1 B=2, EnvironmentFiles=/etc/default/ssh (ignore_errors=yes)
    private static Dictionary<string, string> Variables(IReadOnlyDictionary<string, string> unit)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var file = unit.GetValueOrDefault("EnvironmentFiles", "").Split(" (", 2)[0];
        var lines = file.Length > 0 && File.Exists(file) ? File.ReadAllLines(file).Where(l => !l.StartsWith('#')) : [];
        foreach (var pair in unit.GetValueOrDefault("Environment", "").Split(' ').Concat(lines))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                variables[pair[..equals].Trim()] = pair[(equals + 1)..].Trim().Trim('"', '\'');
            }
        }

        return variables;
    }
}
