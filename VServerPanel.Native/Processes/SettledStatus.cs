using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Creation.Guest;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Lifecycle;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Processes;

/// <summary>The part of a status that changes only with the conf file and the tree.</summary>
internal static class SettledStatus
{
    public static VServerStatus Read(HostPaths paths, VServerRegistry registry, VServerName name, bool hasTree)
    {
        var entry = EntryOf(registry, name, out var fault);
        VServerConf conf;
        try
        {
            (conf, var findings) = VServerConf.From(ConfFile.Read(paths.ConfOf(name)));
            if (findings.FirstOrDefault(f => f.IsError) is { } error)
            {
                fault ??= $"Its conf file cannot be used: line {error.Line}: {error.Message}";
            }
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            conf = new VServerConf();
            fault ??= e.Message;
        }

        var status = new VServerStatus
        {
            Id = entry?.Id ?? Guid.Empty,
            Name = name,
            State = fault is not null ? VServerState.Broken : !hasTree ? VServerState.Incomplete : entry?.StandbyOf is not null ? VServerState.Standby : VServerState.Stopped,
            StandbyOf = entry?.StandbyOf,
            Description = conf.Description,
            Profile = conf.Profile,
            Hostname = conf.Hostname,
            Addresses = [.. conf.Addresses.Select(a => a.Address.ToString())],
            NetworkMode = conf.NetworkMode,
            OnBoot = conf.OnBoot,
            Priority = conf.Priority,
            InitStyle = conf.InitStyle,
            MemoryLimitBytes = conf.MemoryLimit,
            ProcessLimit = conf.PidsLimit,
            ProcessorLimit = conf.CpuLimit,
            Warning = fault ?? (hasTree ? null : $"It has no tree: '{paths.TreeOf(name)}' is not there."),
        };
        return hasTree ? WithRoot(status, paths.TreeOf(name), conf) : status;
    }

    /// <summary>os-release(5): <c>PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"</c>.</summary>
    internal static string ParsePrettyName(ReadOnlySpan<char> osRelease)
    {
        const string Key = "PRETTY_NAME=";
        foreach (var line in osRelease.EnumerateLines())
        {
            if (line.StartsWith(Key))
            {
                var text = line[Key.Length..].Trim().Trim('"').Trim('\'').ToString();
                return new string([.. text.Where(c => !char.IsControl(c)).Take(128)]);
            }
        }

        return "";
    }

    private static RegistryEntry? EntryOf(VServerRegistry registry, VServerName name, out string? fault)
    {
        try
        {
            fault = null;
            return registry.Find(name) ?? registry.AddIfExists(name);
        }
        catch (Exception e) when (e is IOException or ProblemException)
        {
            fault = e.Message;
            return null;
        }
    }

    private static VServerStatus WithRoot(VServerStatus status, string tree, VServerConf conf)
    {
        try
        {
            using var root = Libc.open(tree, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            return status with { InitStyle = InitProgram.Find(root, conf).Style, Distribution = Distribution(root) };
        }
        catch (IOException)
        {
            return status;
        }
    }

    private static string Distribution(SafeFileHandle root) =>
        ParsePrettyName(GuestRoot.Read(root, "etc/os-release") ?? GuestRoot.Read(root, "usr/lib/os-release"));
}
