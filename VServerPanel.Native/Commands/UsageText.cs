using System.CommandLine;
using System.Text;

namespace VServerPanel.Native.Commands;

/// <summary>Help texts.</summary>
internal static class UsageText
{
    public const string GlobalOptionsText = """
          --json                  answer in JSON lines (docs/wire-protocol.md)
          --silent                say only answers and problems
          --nodev                 leave network devices alone
          --plan                  say what would be done, and do nothing
          --detach                go on as a job (vserver-jobs follows it)
        """;

    /// <summary>Usage of one verb or tool.</summary>
    /// <param name="command">What there may be.</param>
    /// <param name="usagePrefix">How it is called.</param>
    /// <param name="usage">What stands behind the options; null: the arguments of <paramref name="command"/>.</param>
    public static string Of(Command command, string usagePrefix, string? usage = null)
    {
        var text = new StringBuilder();
        var arguments = usage is not null ? $" {usage}" : string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name}"));
        text.Append($"Usage: {usagePrefix}{(command.Options.Count > 0 ? " [options]" : "")}{arguments}\n\n{command.Description}\n");
        if (command.Options.Count > 0)
        {
            text.Append("\nOptions:\n");
            foreach (var option in command.Options.Where(o => !o.Hidden))
            {
                var left = option.ValueType == typeof(bool) ? option.Name : $"{option.Name} {option.HelpName ?? "VALUE"}";
                text.Append($"  {left,-23} {option.Description}\n");
            }
        }

        return text.Append("\nOptions of every command:\n").Append(GlobalOptionsText).ToString();
    }

    /// <summary>Usage of <c>vserver</c>.</summary>
    public static string OfVServer()
    {
        var text = new StringBuilder("Usage: vserver [options] NAME VERB …\n       vserver --as TOOL …\n\nVerbs:\n");
        foreach (var verb in ToolTable.Verbs)
        {
            text.Append($"  {$"{verb.Name} {verb.Usage}".TrimEnd(),-23} {verb.Summary}\n");
        }

        text.Append("\nTools, each a command of its own name:\n");
        foreach (var tool in ToolTable.Tools.Where(t => !t.IsInternal))
        {
            text.Append($"  {tool.Name,-23} {tool.Summary}\n");
        }

        return text.Append("\nOptions:\n").Append(GlobalOptionsText).ToString();
    }
}
