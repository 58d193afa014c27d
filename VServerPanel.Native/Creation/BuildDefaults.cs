using VServerPanel.Native.Configuration;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation;

/// <summary>What new vservers of this host have if nothing else is asked for: <c>/etc/vservers/newvserver.defaults</c>, in the format of conf files.</summary>
internal sealed record BuildDefaults
{
    private static readonly string[] s_own = ["METHOD", "SOURCE", "SUITE", "MIRROR", "VARIANT", "UNIFY", "TRASH_DAYS"];

    public string? Method { get; init; }

    public string? Source { get; init; }

    public string? Suite { get; init; }

    public string? Mirror { get; init; }

    public string? Variant { get; init; }

    public string? Unify { get; init; }

    /// <summary>Days that a deleted vserver stays in the trash, as written.</summary>
    public string? TrashDays { get; init; }

    /// <summary>Keys of the conf file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    public static string PathOf(HostPaths paths) => paths.Configuration + "/newvserver.defaults";

    /// <summary>Reads them; none where there is no such file.</summary>
    /// <exception cref="ProblemException">InvalidConfiguration: it has a key that nothing is known of.</exception>
    public static BuildDefaults Read(HostPaths paths)
    {
        var path = PathOf(paths);
        if (!File.Exists(path))
        {
            return new BuildDefaults();
        }

        var values = ConfFile.Read(path).Values();
        var unknown = values.Keys.Where(k => !s_own.Contains(k) && ConfKeys.Find(k) is null).ToList();
        if (unknown.Count > 0)
        {
            throw new ProblemException(ProblemCode.InvalidConfiguration, $"'{path}' sets {string.Join(", ", unknown)}, which neither newvserver nor a conf file has. It takes {string.Join(", ", s_own)} and the keys of conf files.", path: path);
        }

        return new BuildDefaults
        {
            Method = Own("METHOD"),
            Source = Own("SOURCE"),
            Suite = Own("SUITE"),
            Mirror = Own("MIRROR"),
            Variant = Own("VARIANT"),
            Unify = Own("UNIFY"),
            TrashDays = Own("TRASH_DAYS"),
            Settings = [.. values.Where(v => ConfKeys.Find(v.Key) is not null)],
        };

        string? Own(string key) => values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;
    }
}
