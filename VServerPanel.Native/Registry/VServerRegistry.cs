using System.Text.Json;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Registry;

/// <summary>Stable ids and id ranges of this host's vservers, one file each.</summary>
internal sealed class VServerRegistry(HostPaths paths, TimeProvider time)
{
    /// <summary>Ids per vserver: a whole Unix user table.</summary>
    public const uint RangeSize = 65536;

    // Above what adduser, systemd's DynamicUser (61184-65519) and shadow's default subordinate ids (100000-600100000 upwards from the first user) are
    // likely to hold; systemd-nspawn's automatic ranges end at 0x6FFFFFFF (systemd docs, UIDS-GIDS).
    internal const uint FirstBase = 0x7000_0000;
    // Signed 32-bit readers of uids exist; stay below 2^31: 4,095 vservers a host.
    private const uint LastBase = 0x7FFF_0000;

    /// <summary>Names that have a conf file, in order.</summary>
    public IReadOnlyList<VServerName> Names()
    {
        if (!Directory.Exists(paths.Configuration))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(paths.Configuration, "*.conf")
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Select(n => VServerName.TryParse(n, out var name) ? name : (VServerName?)null)
            .OfType<VServerName>()
            .OrderBy(n => n.Value, StringComparer.Ordinal)];
    }

    public bool Exists(VServerName name) => File.Exists(paths.ConfOf(name));

    public void Require(VServerName name)
    {
        if (!Exists(name))
        {
            throw ProblemException.NoSuchVServer(name);
        }
    }

    /// <summary>Its entry, or null if it has none yet.</summary>
    public RegistryEntry? Find(VServerName name)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(paths.RegistryOf(name)), RegistryJson.Default.RegistryEntry) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new ProblemException(ProblemCode.InputOutput, $"'{paths.RegistryOf(name)}' is damaged ({e.Message}). Restore it from a backup: it holds the id range of {name}.", e);
        }
    }

    /// <summary>Its stable id; null if it has none yet, or its entry cannot be read.</summary>
    public Guid? IdOf(VServerName name)
    {
        try
        {
            return Find(name)?.Id;
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    /// <summary>Why no id range can be given away: an entry cannot be read, so its range is not known. Null where one can.</summary>
    public ProblemException? FaultOfRanges()
    {
        try
        {
            TakenRanges();
            return null;
        }
        catch (ProblemException e)
        {
            return e;
        }
    }

    /// <summary>What the vserver with this stable id is called here; null where it is none of this host's.</summary>
    public VServerName? NameOf(Guid id) => Names().Where(n => IdOf(n) == id).Select(n => (VServerName?)n).FirstOrDefault();

    /// <summary>Its entry; made now for a vserver that was put here by hand.</summary>
    public RegistryEntry FindOrAdd(VServerName name) => Find(name) ?? Add(name, onlyIfExists: false)!;

    /// <summary>Its entry, made now; null where it has no conf file any more, so that who looks at a vserver does not bring back the entry of a deleted one.</summary>
    public RegistryEntry? AddIfExists(VServerName name) => Add(name, onlyIfExists: true);

    private RegistryEntry? Add(VServerName name, bool onlyIfExists)
    {
        using var gate = Lock();
        if (Find(name) is { } meanwhile)
        {
            return meanwhile;
        }

        if (onlyIfExists && !Exists(name))
        {
            return null;
        }

        var entry = new RegistryEntry { Id = Guid.NewGuid(), Name = name, IdBase = FreeRange(TakenRanges()), IdCount = RangeSize, CreatedAt = time.GetUtcNow() };
        Save(entry);
        return entry;
    }

    /// <summary>Makes the entry of a vserver that comes from elsewhere: it keeps its id, and its range of ids where nobody has it.</summary>
    /// <param name="entry">As it was.</param>
    /// <param name="aside">Where its file lies, if it does: it is renamed where it is the same, which takes no room on a full disk.</param>
    public void Adopt(RegistryEntry entry, string? aside = null)
    {
        using var gate = Lock();
        if (Find(entry.Name) is { } known)
        {
            if (known.Id != entry.Id)
            {
                throw new ProblemException(ProblemCode.AlreadyExists, $"'{paths.RegistryOf(entry.Name)}' is another vserver's.");
            }

            return;
        }

        var taken = TakenRanges();
        var adopted = entry with { IdBase = entry.IdBase == 0 || taken.Contains(entry.IdBase) ? FreeRange(taken) : entry.IdBase, IdCount = RangeSize };
        if (aside is not null && File.Exists(aside) && ContentOf(adopted).AsSpan().SequenceEqual(File.ReadAllBytes(aside)))
        {
            new MoveBack(aside, paths.RegistryOf(entry.Name)).Run(paths);
            return;
        }

        Save(adopted);
    }

    private static uint FreeRange(HashSet<uint> taken)
    {
        var idBase = FirstBase;
        while (taken.Contains(idBase))
        {
            idBase = idBase < LastBase ? idBase + RangeSize : throw new ProblemException(ProblemCode.NoSpace, "Every id range of this host is taken.");
        }

        return idBase;
    }

    /// <summary>Keeps others from giving ranges away: for who moves entries between here and the trash.</summary>
    public FileLock Lock() => FileLock.Acquire($"{paths.Locks}/.registry", TimeSpan.FromSeconds(10), "the registry");

    public void Save(RegistryEntry entry) => DurableFile.Write(paths.RegistryOf(entry.Name), ContentOf(entry), 0b110_000_000);

    private static byte[] ContentOf(RegistryEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, RegistryJson.Default.RegistryEntry);

    // a range given twice would let one vserver into another's files: as long as one is not known, none is given away
    private HashSet<uint> TakenRanges()
    {
        // those in the trash keep theirs: they may come back, and their files are still there
        var taken = new Trash.TrashStore(paths).TakenRanges().ToHashSet();
        foreach (var path in Directory.Exists(paths.RegistryDirectory) ? Directory.EnumerateFiles(paths.RegistryDirectory, "*.json") : [])
        {
            if (!VServerName.TryParse(Path.GetFileNameWithoutExtension(path), out var name))
            {
                continue;
            }

            try
            {
                if (Find(name) is { } entry)
                {
                    taken.Add(entry.IdBase);
                }
            }
            catch (ProblemException e)
            {
                throw new ProblemException(e.Code, $"{e.Message} Until then no vserver can get a range of its own. If {name} is not needed any more: vserver {name} delete --confirm {name} --now", e.InnerException, paths.RegistryOf(name));
            }
        }

        return taken;
    }
}
