using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using VServerPanel.Core.Tests.Fakes;

namespace VServerPanel.Tests.Fakes;

/// <summary>
/// What somebody does on a page. A page is rendered anew whenever its host tells something, and what was found before is gone then:
/// so an element is found and acted on in one step of the renderer, as soon as it is there and not disabled.
/// Each ends with its handler: one that opens a dialog ends after the answer.
/// </summary>
internal static class PageActions
{
    public static Task ClickOnAsync(this IRenderedComponent<IComponent> page, string selector, int nth = 0) =>
        ActAsync(page, selector, nth, e => e.ClickAsync());

    /// <summary>Clicks on the only one with this text.</summary>
    public static Task ClickOnAsync(this IRenderedComponent<IComponent> page, string selector, string text) =>
        ActAsync(page, $"'{text}' in {selector}", selector, all => all.SingleOrDefault(e => e.TextContent.Trim() == text), e => e.ClickAsync());

    /// <summary>Clicks on the only one whose text begins like this.</summary>
    public static Task ClickOnStartAsync(this IRenderedComponent<IComponent> page, string selector, string start) =>
        ActAsync(page, $"'{start}…' in {selector}", selector, all => all.SingleOrDefault(e => e.TextContent.StartsWith(start, StringComparison.Ordinal)), e => e.ClickAsync());

    public static Task ClickButtonAsync(this IRenderedComponent<IComponent> page, string text) => page.ClickOnAsync("button", text);

    /// <summary>Sets a list, a box that is ticked, or a field whose value counts when it is left.</summary>
    public static Task SetAsync<T>(this IRenderedComponent<IComponent> page, string selector, T value, int nth = 0) =>
        ActAsync(page, selector, nth, e => e.ChangeAsync(value));

    /// <summary>Types into a field whose value counts with every key.</summary>
    public static Task TypeAsync(this IRenderedComponent<IComponent> page, string selector, string text) =>
        ActAsync(page, selector, 0, e => e.InputAsync(text));

    /// <summary>Types, and goes on before the page has looked at it, as somebody does who makes no pause.</summary>
    public static Task TypeOnAsync(this IRenderedComponent<IComponent> page, string selector, string text) =>
        ActAsync(page, selector, 0, e =>
        {
            e.Input(text);
            return Task.CompletedTask;
        });

    public static Task SubmitFormAsync(this IRenderedComponent<IComponent> page, string selector = "form", int nth = 0) =>
        ActAsync(page, selector, nth, e => e.SubmitAsync());

    private static Task ActAsync(IRenderedComponent<IComponent> page, string selector, int nth, Func<IElement, Task> act) =>
        ActAsync(page, $"{selector} [{nth}]", selector, all => all.ElementAtOrDefault(nth), act);

    private static Task ActAsync(IRenderedComponent<IComponent> page, string what, string selector, Func<IReadOnlyList<IElement>, IElement?> choose, Func<IElement, Task> act) =>
        Eventually.TrueAsync(
            async () =>
            {
                var acted = false;
                await page.InvokeAsync(() =>
                {
                    var element = choose(page.FindAll(selector));
                    acted = element?.HasAttribute("disabled") == false;
                    return acted ? act(element!) : Task.CompletedTask;
                });
                return acted;
            },
            $"{what} is there and not disabled");
}
