using VServerPanel.Core.Hosts;
using VServerPanel.Core.Jobs;
using VServerPanel.Protocol;

namespace VServerPanel.Core.Configuration;

/// <summary>Reads, checks and saves a vserver's conf file.</summary>
public sealed class ConfigurationService(IHostCommand host, OperationRunner operations)
{
    /// <summary>The conf file as it is.</summary>
    /// <exception cref="HostProblemException">No such vserver, or the host does not answer.</exception>
    public Task<ConfDocument> GetAsync(VServerName name, CancellationToken cancellationToken = default) =>
        host.AskAsync<ConfDocument>(new HostRequest(["vserver", name.Value, "config", "show"]), cancellationToken);

    /// <summary>What is wrong with a text that is not saved yet.</summary>
    /// <exception cref="HostProblemException">The host does not answer.</exception>
    public Task<ConfCheck> CheckAsync(VServerName name, string text, CancellationToken cancellationToken = default) =>
        host.AskAsync<ConfCheck>(new HostRequest(["vserver", name.Value, "config", "check"], UnixLines(text)), cancellationToken);

    /// <summary>Saves a text in place of the one that was opened.</summary>
    /// <param name="opened">What <see cref="GetAsync"/> gave: if the file has changed since, the problem is <see cref="ProblemCode.Conflict"/>.</param>
    /// <returns>The file as saved.</returns>
    /// <exception cref="HostProblemException">It was refused: an error in the text, a conflict …</exception>
    public async Task<ConfDocument> SaveAsync(VServerName name, ConfDocument opened, string text, Caller caller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(opened);
        text = UnixLines(text);
        var operation = new Operation("configure", name, ["vserver", name.Value, "config", "set", "--digest", opened.Digest])
        {
            StandardInput = text,
            Before = opened.Text,
            After = text,
        };
        await operations.RunAsync(operation, caller, cancellationToken);
        return await GetAsync(name, cancellationToken);
    }

    // a browser's text area gives CR LF (html.spec.whatwg.org, form submission), which a conf file must not have
    private static string UnixLines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);
}
