using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Diagnostics;
using VServerPanel.Core.Hosts;
using VServerPanel.Identity;

namespace VServerPanel.Hosts;

/// <summary>The pages of another host are those of the panel below <c>/on/HOST/</c>: its path base. The panel's own host is at the root.</summary>
internal static class HostPath
{
    private const string Beginning = "/on/";

    /// <summary>The base of a host's pages: <c>/</c>, or <c>/on/HOST/</c>.</summary>
    internal static string Of(HostServices host) => Of(host.Name, host.IsOwn);

    /// <summary>The same, by its name.</summary>
    internal static string Of(string name, bool isOwn) => isOwn ? "/" : $"{Beginning}{Uri.EscapeDataString(name)}/";

    /// <summary>The name in the base of a host's pages; null where it is the panel's own.</summary>
    internal static string? NameIn(string basePath) => basePath.StartsWith(Beginning, StringComparison.Ordinal) && basePath[Beginning.Length..].TrimEnd('/') is { Length: > 0 } name && !name.Contains('/', StringComparison.Ordinal)
        ? Uri.UnescapeDataString(name)
        : null;

    /// <summary>Takes <c>/on/HOST</c> off the path, whatever the host's name: a stranger shall not find out which there are.</summary>
    internal static IApplicationBuilder UseHostPath(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var path = context.Request.Path.Value ?? "";
        if (context.Request.PathBase.HasValue || !path.StartsWith(Beginning, StringComparison.Ordinal))
        {
            return next(context);
        }

        var end = path.IndexOf('/', Beginning.Length);
        if (end == Beginning.Length || path.Length == Beginning.Length)
        {
            return next(context);
        }

        if (end < 0)
        {
            // links of a page are relative to its base, which ends in a slash
            context.Response.Redirect(path + "/" + context.Request.QueryString);
            return Task.CompletedTask;
        }

        (context.Request.PathBase, context.Request.Path) = (path[..end], path[end..]);
        return next(context);
    });

    /// <summary>Gives staff the services of the host that is named; behind the authorization. Others have no page of a host's.</summary>
    internal static IApplicationBuilder UseHostOfPath(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (NameIn(context.Request.PathBase.Value ?? "") is not { } name || !Policies.RolesOf(Policies.Read).Any(context.User.IsInRole) || context.IsErrorPage())
        {
            return next(context);
        }

        if (context.RequestServices.GetRequiredService<Fleet>().Find(name) is not { } host)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.RequestServices.GetRequiredService<CurrentHost>().Use(host);
        return next(context);
    });

    /// <summary>Whether the page is shown in place of another.</summary>
    internal static bool IsErrorPage(this HttpContext context) => context.Features.Get<IStatusCodeReExecuteFeature>() is not null || context.Features.Get<IExceptionHandlerFeature>() is not null;
}

/// <summary>A circuit has a scope of its own and no request: it is told its host by the base of its page, before anything is rendered.</summary>
internal sealed class HostOfCircuit(Fleet fleet, CurrentHost current, NavigationManager navigation) : CircuitHandler
{
    public override Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        if (HostPath.NameIn(new Uri(navigation.BaseUri).AbsolutePath) is { } name)
        {
            current.Use(fleet.Find(name) ?? throw new InvalidOperationException($"There is no host {name}."));
        }

        return Task.CompletedTask;
    }
}
