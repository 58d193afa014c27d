namespace VServerPanel.Hosting;

/// <summary>The address at which browsers reach the panel: <c>Panel:PublicUrl</c>, else the address it listens on.</summary>
public sealed class PublicAddress(IConfiguration configuration)
{
    private readonly Uri _base = new(
        configuration["Panel:PublicUrl"] is { Length: > 0 } configured
            ? configured
            : configuration["Kestrel:Endpoints:Http:Url"] ?? configuration["urls"]?.Split(';')[0] ?? "http://127.0.0.1:8420");

    /// <summary>The full address of <paramref name="path"/>, which begins with a slash.</summary>
    public string To(string path) => new Uri(_base, path).ToString();
}
