using VServerPanel.Hosting;
using VServerPanel.Identity;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory,
});

// Development does this by itself; any other environment that is started from bin/ would answer each style sheet with 200 and 0 bytes.
if (File.Exists(Path.Combine(AppContext.BaseDirectory, "VServerPanel.staticwebassets.runtime.json")))
{
    builder.WebHost.UseStaticWebAssets();
}

builder.AddPanel();
var app = builder.Build();
app.UsePanel();
await FirstAdministrator.PrepareAsync(app.Services);

if (args.Contains(FirstAdministrator.MakeLinkOption))
{
    return await FirstAdministrator.MakeLinkAsync(app.Services, Console.Out, Console.Error);
}

if (args.SkipWhile(a => a != FirstAdministrator.PasswordLinkOption).ElementAtOrDefault(1) is { } userName)
{
    return await FirstAdministrator.MakePasswordLinkAsync(app.Services, userName, Console.Out, Console.Error);
}

await FirstAdministrator.PrintLinkIfNeededAsync(app.Services, Console.Out);
await app.RunAsync();
return 0;

/// <summary>Made public for the tests' WebApplicationFactory.</summary>
public partial class Program;
