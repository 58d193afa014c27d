namespace VServerPanel.Components.DiskShares;

/// <summary>What a part of a bar stands for.</summary>
public enum BarKind
{
    /// <summary>Nobody else uses it.</summary>
    Own,

    /// <summary>Its part of what is shared: each block divided by the number of those that use it.</summary>
    Fair,

    /// <summary>Of what is shared: the parts of the others.</summary>
    Others,

    /// <summary>Shared with others: shared before, or what the others' copies are replaced by.</summary>
    Shared,

    /// <summary>Its copy is freed by sharing another's.</summary>
    Shareable,

    /// <summary>Would be free, or is.</summary>
    Saved,
}

/// <summary>A part of a bar.</summary>
public sealed record BarPart(BarKind Kind, long Bytes)
{
    internal static string Word(BarKind kind) => kind switch
    {
        BarKind.Own => "own",
        BarKind.Fair => "its part of what is shared",
        BarKind.Others => "carried by others",
        BarKind.Shared => "shared",
        BarKind.Shareable => "freed by sharing",
        _ => "saved",
    };
}
