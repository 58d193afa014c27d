using System.Text.RegularExpressions;

namespace VServerPanel.Architecture.Tests;

/// <summary>Pages are shown for each host below a base of its own (<c>/on/HOST/</c>), so that what they link to is relative to the base.</summary>
public sealed class LinkTests
{
    // What is the panel's and no host's: the account, the tenant's status page, and the error pages that ASP.NET Core asks for by path.
    private static readonly string[] s_ofThePanel = ["/account/", "/sign-in", "/sign-out", "/setup", "/status", "/s/", "/error", "/healthz", "/on/"];

    private static readonly Regex s_page = new("""^@page "/(?<route>[^/"{]*)""", RegexOptions.ExplicitCapture | RegexOptions.Multiline, TimeSpan.FromSeconds(10));

    private static readonly Regex s_link = new("""(\b(href|src|action|Href|Back|Address)="(@\(?\$?"?)?|NavigateTo\(\$?")(?<path>/[^"]*)""", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));

    // "/" alone is the panel's root, which these mean
    private static readonly string[] s_ofNoHost = ["/Account/", "/Status/", "/AccountLayout.razor"];

    [Fact]
    public void Links_OfPages_AreRelativeToTheBase() => Repository.AssertNone(Sources()
        .SelectMany(f => s_link.Matches(Repository.Read(f)).Select(m => (File: f, Path: m.Groups["path"].Value)))
        .Where(l => !s_ofThePanel.Any(p => l.Path.StartsWith(p, StringComparison.Ordinal)) && !(IsOfNoHost(l.File)))
        .Select(l => $"{l.File}: {l.Path}"));

    [Fact]
    public void Addresses_OfPages_AreRelativeToTheBase()
    {
        var routes = Sources().SelectMany(f => s_page.Matches(Repository.Read(f)).Select(m => m.Groups["route"].Value)).Where(r => r.Length > 0)
            .Where(r => !s_ofThePanel.Any(p => p.Trim('/') == r)).Distinct(StringComparer.Ordinal).ToList();
        Assert.Contains("vservers", routes);
        var rooted = new Regex($"\"/({string.Join('|', routes.Select(Regex.Escape))})(?=[/?\"{{@])", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        Repository.AssertNone(Sources().SelectMany(f => Repository.Read(f).Split('\n').Where(l => !l.StartsWith("@page", StringComparison.Ordinal) && rooted.IsMatch(l)).Select(l => $"{f}: {l.Trim()}")));
    }

    [Fact]
    public void Scripts_AndStyles_NameNothingFromTheRoot() => Repository.AssertNone(Repository.Files("wwwroot")
        .Where(f => f.StartsWith("wwwroot/js/", StringComparison.Ordinal) || f.StartsWith("wwwroot/css/", StringComparison.Ordinal))
        .Where(f => Regex.IsMatch(Repository.Read(f), """(url\(|from |import\(|fetch\(|href = )["'`]?/[a-z]""", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10))));

    private static bool IsOfNoHost(string file) => s_ofNoHost.Any(p => file.Contains(p, StringComparison.Ordinal));

    private static IEnumerable<string> Sources() => Repository.Files("VServerPanel").Where(f => Path.GetExtension(f) is ".razor" or ".cs");
}
