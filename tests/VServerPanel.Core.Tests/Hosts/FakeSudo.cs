using Microsoft.Extensions.Options;
using VServerPanel.Core.Hosts;
using VServerPanel.Core.Hosts.Transports;

namespace VServerPanel.Core.Tests.Hosts;

/// <summary>A directory with a script that stands for <c>sudo -n /usr/sbin/vserver</c>: a real process with real pipes.</summary>
internal sealed class FakeSudo : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vsp-sudo-").FullName;

    public FakeSudo(string script)
    {
        File.WriteAllText(Script, "#!/bin/sh\n" + script);
        File.SetUnixFileMode(Script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Script => PathOf("fake-sudo");

    public string PathOf(string name) => Path.Combine(_directory, name);

    public SudoHostCommand Command(params string[] more)
    {
        var options = new HostOptions { Name = "host1" };

        // through sh: a script that was written a moment ago may still be open for writing in a child just forked by another test (ETXTBSY)
        foreach (var word in (string[])["/bin/sh", Script, .. more])
        {
            options.Command.Add(word);
        }

        return new SudoHostCommand(Options.Create(options));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
