using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;
using VServerPanel.Hosts;
using VServerPanel.Security;

namespace VServerPanel.Components;

/// <summary>The document around every page. Pages of staff are interactive; those of the account are not, and load no Blazor.</summary>
public sealed partial class App(ClientAddress address)
{
    private static readonly string? s_mudVersion = typeof(MudButton).Assembly.GetName().Version?.ToString(3);

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    private IComponentRenderMode? PageRenderMode => HttpContext.AcceptsInteractiveRouting() ? RenderMode.InteractiveServer : null;

    /// <summary>The root of the panel, or of one host's pages in it; what pages link to is relative to it. An error page may be in place of one of a host that there is not.</summary>
    private string Base => HttpContext.IsErrorPage() ? "/" : HttpContext.Request.PathBase.ToUriComponent() + "/";

    /// <summary>What the user chose; absent, the style sheet follows the system. From the cookie, so that the first paint is right.</summary>
    private string? Theme => HttpContext.Request.Cookies["vsp-theme"] is ("light" or "dark") and var theme ? theme : null;

    /// <inheritdoc/>
    protected override void OnInitialized() => address.Value = ClientAddress.Of(HttpContext);
}
