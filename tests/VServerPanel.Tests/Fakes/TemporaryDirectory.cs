namespace VServerPanel.Tests.Fakes;

internal static class TemporaryDirectory
{
    /// <summary>Makes one, in memory where the machine has that: databases wait for the disk at each commit.</summary>
    public static string Create(string prefix) => Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/{prefix}{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory(prefix).FullName;

    /// <summary>Deletes it, also where a database that is being closed makes its last file meanwhile.</summary>
    public static async Task DeleteAsync(string path)
    {
        for (var attempt = 1; Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException) when (attempt < 20)
            {
                await Task.Delay(50);
            }
        }
    }
}
