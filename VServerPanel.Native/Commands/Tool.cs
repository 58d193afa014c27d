using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>A command with a name of its own: <c>newvserver</c>, <c>vserver-stat</c> … One file each.</summary>
internal abstract class Tool
{
    public abstract string Name { get; }

    /// <summary>One line for the list of tools.</summary>
    public abstract string Summary { get; }

    /// <summary>Called by this command itself, or by what it starts, and never by people.</summary>
    public virtual bool IsInternal => false;

    /// <summary>Words after the first are for another program: global options stand before them only.</summary>
    public virtual bool PassesThrough => false;

    /// <summary>It becomes another program, whose output and exit code are the answer: <c>--json</c>, <c>--plan</c> and <c>--detach</c> are refused.</summary>
    public virtual bool BecomesAnother => false;

    public virtual bool NeedsRoot => true;

    /// <summary>Whether the panel may call it: its sudo rule covers the whole command, and a panel that was taken over must not reach the rest.</summary>
    public virtual bool OpenToPanel => false;

    /// <summary>It only looks, so that nothing is made for it on a host that has nothing yet.</summary>
    public virtual bool OnlyReads => false;

    /// <returns>The exit code.</returns>
    public abstract int Run(IReadOnlyList<string> arguments, Invocation call);
}

/// <summary>A verb of <c>vserver NAME VERB</c>. One file each.</summary>
internal abstract class Verb
{
    public abstract string Name { get; }

    /// <summary>What stands after the verb: <c>[--lines N]</c>.</summary>
    public virtual string Usage => "";

    public abstract string Summary { get; }

    /// <summary>Words after the verb are for another program.</summary>
    public virtual bool PassesThrough => false;

    /// <summary>Whether the vserver must be there (its conf file).</summary>
    public virtual bool NeedsExisting => true;

    /// <summary>Whether the panel may call it: its sudo rule covers the whole command, and a panel that was taken over must not reach the rest.</summary>
    public virtual bool OpenToPanel => false;

    /// <summary>It only looks: nothing is made for it on a host that has nothing yet.</summary>
    public virtual bool OnlyReads => false;

    /// <returns>The exit code.</returns>
    public abstract int Run(VServerName name, IReadOnlyList<string> arguments, Invocation call);
}
