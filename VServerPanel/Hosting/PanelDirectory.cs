namespace VServerPanel.Hosting;

/// <summary>Where the panel keeps what is its own.</summary>
internal static class PanelDirectory
{
    internal const string Key = "Storage:DataDirectory";

    /// <summary>Reads the setting and makes the directory, readable by the panel's user only.</summary>
    /// <exception cref="WrongSettingException">It is not set, or cannot be made; the message names the key.</exception>
    internal static string Prepare(IConfiguration configuration)
    {
        var path = configuration[Key];
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new WrongSettingException($"{Key} is not set. Write into appsettings.json where the panel may keep its databases and keys.");
        }

        try
        {
            return Directory.CreateDirectory(Path.GetFullPath(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WrongSettingException($"{Key}: {path} cannot be made: {e.Message} Make it for the user that runs the panel, or choose another.");
        }
    }
}

/// <summary>A setting is wrong; the message names its key and says what to write.</summary>
internal sealed class WrongSettingException(string message) : Exception(message);
