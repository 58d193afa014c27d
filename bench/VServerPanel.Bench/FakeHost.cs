using System.Globalization;
using System.Text;

namespace VServerPanel.Bench;

/// <summary>A host command that tells of as many vservers as wanted, and then of each line that is appended to a file.</summary>
internal static class FakeHost
{
    public static string NameOf(int number) => "vs" + number.ToString("0000", CultureInfo.InvariantCulture);

    public static string Status(int number, string description) =>
        $$$"""{"type":"item","kind":"vserver","data":{"id":"00000000-0000-4000-8000-{{{number.ToString("D12", CultureInfo.InvariantCulture)}}}","name":"{{{NameOf(number)}}}","description":"{{{description}}}","state":"{{{(number % 3 == 0 ? "stopped" : "running")}}}","hostname":"{{{NameOf(number)}}}.example.org","addresses":["192.0.2.{{{number % 250}}}"],"networkMode":"shared","onBoot":true,"priority":100,"processes":{{{number % 40}}},"residentBytes":{{{number * 1_000_000L}}}}}""";

    /// <summary>Writes the script and returns its path.</summary>
    public static string Write(string directory, int vservers)
    {
        var list = new StringBuilder("""{"type":"hello","version":1,"features":[]}""").Append('\n');
        for (var number = 1; number <= vservers; number++)
        {
            list.Append(Status(number, "web server of a customer")).Append('\n');
        }

        list.Append("""{"type":"item","kind":"snapshot-complete","data":{}}""").Append('\n');
        File.WriteAllText(Path.Combine(directory, "list"), list.ToString());
        var script = Path.Combine(directory, "vserver");
        File.WriteAllText(script, $"""
            #!/bin/sh
            case "$*" in
            *vserver-stat*) cat '{directory}/list'; tail -n 0 -f '{directory}/change' & cat > /dev/null; kill $! ;;
            *) echo '{"{"}"type":"hello","version":1,"features":[]{"}"}'; echo '{"{"}"type":"problem","code":"unsupported","message":"not in this measurement"{"}"}'; exit 1 ;;
            esac

            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }
}
