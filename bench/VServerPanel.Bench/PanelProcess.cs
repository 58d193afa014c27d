using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace VServerPanel.Bench;

/// <summary>The published panel over a fake host, on a free port.</summary>
internal sealed class PanelProcess : IDisposable
{
    private readonly string _directory;
    private readonly Process _process;
    private readonly string _program = Path.Combine(Shell.RepositoryRoot(), "artifacts/panel/VServerPanel");

    public PanelProcess(string directory, int vservers)
    {
        _directory = directory;
        var script = FakeHost.Write(directory, vservers);
        Address = $"http://127.0.0.1:{FreePort()}";
        Environment = new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__Http__Url"] = Address,
            ["Storage__DataDirectory"] = Directory.CreateDirectory(Path.Combine(directory, "data")).FullName,
            ["Host__Command__0"] = script,
            ["Logging__LogLevel__Default"] = "Warning",
        };
        _process = Start([]);
        using var http = new HttpClient { BaseAddress = new Uri(Address) };
        for (var tries = 0; !Answers(http); tries++)
        {
            if (tries > 300 || _process.HasExited)
            {
                throw new InvalidOperationException("The panel does not answer.");
            }

            Thread.Sleep(100);
        }
    }

    public string Address { get; }

    private Dictionary<string, string> Environment { get; }

    /// <summary>Makes a link for the first administrator, as 'make link' does.</summary>
    public string FirstAdministratorLink()
    {
        using var maker = Start(["--make-first-administrator-link"]);
        var output = maker.StandardOutput.ReadToEnd();
        maker.WaitForExit();
        return output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).First(w => w.StartsWith("http", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(_program, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    private static bool Answers(HttpClient http)
    {
        try
        {
            return http.GetAsync(new Uri("/healthz", UriKind.Relative)).GetAwaiter().GetResult().IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
