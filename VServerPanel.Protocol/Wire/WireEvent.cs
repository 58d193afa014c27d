using System.Text.Json;
using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>One line of <c>vserver --json</c>'s standard output. The first is <see cref="HelloEvent"/>; the last is exactly one
/// <see cref="ResultEvent"/> or <see cref="ProblemEvent"/>. Output that ends without one means the command was terminated.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(HelloEvent), "hello")]
[JsonDerivedType(typeof(ProgressEvent), "progress")]
[JsonDerivedType(typeof(ItemEvent), "item")]
[JsonDerivedType(typeof(LogEvent), "log")]
[JsonDerivedType(typeof(ResultEvent), "result")]
[JsonDerivedType(typeof(ProblemEvent), "problem")]
public abstract record WireEvent
{
    /// <summary>When it was said (UTC). Null on lines where it adds nothing.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Whether nothing follows this line.</summary>
    [JsonIgnore]
    public virtual bool IsLast => false;
}

/// <summary>Opens every output.</summary>
/// <param name="Version">Version of the wire protocol: <see cref="WireProtocol.Version"/>.</param>
/// <param name="Features">What this command can do beyond the first version.</param>
/// <param name="JobId">The job that this output belongs to, if any: with it the output can be followed again.</param>
public sealed record HelloEvent(int Version, IReadOnlyList<string> Features, string? JobId = null) : WireEvent;

/// <summary>How far an operation is.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Steps">How many steps there are.</param>
/// <param name="Title">What the step does, in the present tense: "Copying the tree".</param>
/// <param name="Done">How much of the step is done, in <paramref name="Unit"/>; null where it cannot be known.</param>
/// <param name="Total">How much there is; null where it cannot be known.</param>
/// <param name="Unit">bytes, files, packages …</param>
public sealed record ProgressEvent(int Step, int Steps, string Title, long? Done = null, long? Total = null, string? Unit = null) : WireEvent;

/// <summary>One thing of a list or a stream.</summary>
/// <param name="Kind">One of <see cref="ItemKinds"/>; readers pass over kinds they do not know.</param>
/// <param name="Data">The thing; its type follows from the kind.</param>
public sealed record ItemEvent(string Kind, JsonElement Data) : WireEvent;

/// <summary>A line for the log of the operation.</summary>
/// <param name="Level">info, warning, or output (a line that a program which we run has written).</param>
/// <param name="Text">The line, without control characters.</param>
public sealed record LogEvent(string Level, string Text) : WireEvent
{
    public const string Info = "info";
    public const string Warning = "warning";
    public const string Output = "output";
}

/// <summary>It worked.</summary>
/// <param name="Data">What came of it; its type follows from the command.</param>
public sealed record ResultEvent(JsonElement? Data = null) : WireEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsLast => true;
}

/// <summary>It did not work, and nothing half-made was left behind.</summary>
/// <param name="Code">What kind of failure.</param>
/// <param name="Message">What happened and what to do, as a sentence for people.</param>
/// <param name="Errno">The errno's name (ENOSPC), if a system call failed.</param>
/// <param name="Path">The file it is about, if any.</param>
public sealed record ProblemEvent(ProblemCode Code, string Message, string? Errno = null, string? Path = null) : WireEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsLast => true;
}
