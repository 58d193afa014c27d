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

try
{
    builder.AddPanel();
}
catch (WrongSettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

var app = builder.Build();
if (SettingsCheck.Faults(app.Services) is { Count: > 0 } faults)
{
    await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, faults));
    return 1;
}

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
