using VServerPanel.Native.Hosts;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>Puts vservers in force of the topics that know them by their cgroup, <see cref="Iunlink"/> and <see cref="Isolation"/>, and takes them out.</summary>
/// <param name="paths">Each prefix has a set of its own.</param>
/// <param name="objects">Directory of the objects; null: beside this command.</param>
internal sealed class Contexts(HostPaths paths, string? objects = null)
{
    /// <summary>The topics, each on its own.</summary>
    public IReadOnlyList<SecurityTopic> Topics { get; } = [new Iunlink(paths, objects), new Isolation(paths, objects)];

    /// <summary>Enters a vserver before its first process runs, and lets this process signal into it.</summary>
    /// <param name="name">Its cgroup must be there.</param>
    /// <param name="initPid">Its first process; put into its version 2 cgroup if the runtime has not.</param>
    /// <param name="context">Its number.</param>
    /// <returns>The topics that are not in force.</returns>
    public IReadOnlyList<LackingTopic> Enter(VServerName name, int initPid, int context)
    {
        var failed = ForEach(topic => EnterOne(topic, VServerCgroup.Enter(paths, topic, name, initPid), context));

        // the operation asked for it when the first start of a boot had loaded nothing yet; it gives it back
        SignalAllowance.Renew(paths);
        return failed;
    }

    /// <summary>Enters a cgroup at the depth of a vserver's, such as that of a process in a context of its own.</summary>
    /// <param name="cgroup">Its directory.</param>
    /// <param name="context">Its number.</param>
    /// <returns>The topics that are not in force.</returns>
    public IReadOnlyList<LackingTopic> EnterCgroup(string cgroup, int context) => ForEach(topic => EnterOne(topic, cgroup, context));

    /// <summary>Forgets every vserver whose cgroup is gone. Needs no record of its id, so it does its work after a crash too.</summary>
    public void RemoveGone() => ForEach(topic =>
    {
        if (!Directory.Exists(topic.PinsDirectory) || topic.OpenContexts() is not { } contexts)
        {
            return;
        }

        using (contexts)
        {
            // in this order: an entry is made when its cgroup is there. And no cgroup's id is ever given out twice in a boot, so one that stays harms nobody.
            var known = contexts.Keys();
            var there = topic.RunningCgroups();
            known.Where(id => !there.Contains(id)).ToList().ForEach(contexts.Remove);
        }
    });

    private static void EnterOne(SecurityTopic topic, string cgroup, int context)
    {
        topic.Ensure();
        using var contexts = topic.OpenContexts() ?? throw new ProblemException(ProblemCode.Unsupported, "The programs were loaded and their map is not there.");
        contexts.Set(Libc.statx(null, cgroup).Inode, new ContextEntry { Context = (uint)context });
    }

    private List<LackingTopic> ForEach(Action<SecurityTopic> step)
    {
        var failed = new List<LackingTopic>();
        foreach (var topic in Topics)
        {
            try
            {
                step(topic);
            }
            catch (Exception e) when (e is ProblemException or IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                failed.Add(new LackingTopic(topic.Name, e.Message));
            }
        }

        return failed;
    }
}
