using Microsoft.Playwright;

namespace VServerPanel.E2E;

/// <summary>Collects what a page complains of in the browser's console.</summary>
internal sealed class ConsoleErrors : IDisposable
{
    private readonly IPage _page;
    private readonly List<string> _errors = [];

    public ConsoleErrors(IPage page)
    {
        _page = page;
        page.Console += OnConsole;
        page.PageError += OnPageError;
    }

    public void AssertNone() => Assert.True(_errors.Count == 0, string.Join('\n', _errors));

    public void Dispose()
    {
        _page.Console -= OnConsole;
        _page.PageError -= OnPageError;
    }

    private void OnConsole(object? sender, IConsoleMessage message)
    {
        if (message.Type == "error")
        {
            _errors.Add(message.Text);
        }
    }

    private void OnPageError(object? sender, string error) => _errors.Add(error);
}
