using System.Text.RegularExpressions;

namespace VServerPanel.Tests.Fakes;

/// <summary>Opens pages and sends forms, as a browser without script.</summary>
internal sealed partial class PanelBrowser(HttpClient client) : IDisposable
{
    public Task<HttpResponseMessage> GetAsync(string address) => client.GetAsync(new Uri(address, UriKind.Relative));

    public async Task<string> TextAsync(string address)
    {
        using var answer = await GetAsync(address);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Loads the page with the form, then sends the form with its hidden fields.</summary>
    public Task<HttpResponseMessage> SendFormAsync(string address, params (string Name, string Value)[] fields) => SendFormToAsync(address, address, fields);

    /// <summary>The same, for a form that goes to another address than its page's.</summary>
    public async Task<HttpResponseMessage> SendFormToAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var hidden = HiddenField().Matches(await TextAsync(page)).Select(m => (m.Groups["name"].Value, m.Groups["value"].Value));
        return await PostAsync(action, [.. hidden, .. fields]);
    }

    public async Task<HttpResponseMessage> PostAsync(string address, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await client.PostAsync(new Uri(address, UriKind.Relative), content);
    }

    public Task<HttpResponseMessage> SignInAsync(string userName, string password) =>
        SendFormAsync("/sign-in", ("Input.UserName", userName), ("Input.Password", password));

    public void Dispose() => client.Dispose();

    [GeneratedRegex("""<input type="hidden" name="(?<name>[^"]+)" value="(?<value>[^"]*)" ?/?>""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HiddenField();
}

internal static class Answers
{
    /// <summary>Where an answer sends the browser: path and query, whatever the host.</summary>
    public static string? Destination(this HttpResponseMessage answer) =>
        answer.Headers.Location is { IsAbsoluteUri: true } location ? location.Host == "localhost" ? location.PathAndQuery : location.ToString() : answer.Headers.Location?.ToString();
}
