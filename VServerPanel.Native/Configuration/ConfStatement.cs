namespace VServerPanel.Native.Configuration;

/// <summary>A statement of a conf file, from <paramref name="Start"/> up to <paramref name="End"/> in bytes.</summary>
internal abstract record ConfStatement(int Start, int End, int Line);

/// <summary>What is kept and not read.</summary>
internal sealed record UnreadStatement(int Start, int End, int Line, bool IsUnterminated) : ConfStatement(Start, End, Line);

/// <summary><c>KEY=value</c>, alone or one of several on a line.</summary>
/// <param name="Command">The command it stands in: from <c>export</c> or the first assignment to the last.</param>
/// <param name="SeparatorEnd">After the ';' that ends the command, or where the command ends.</param>
/// <param name="Value">Null where a shell would have to compute it.</param>
internal sealed record Assignment(int Start, int End, int Line, string Key, int ValueStart, string? Value, Range Command, int SeparatorEnd) : ConfStatement(Start, End, Line);

/// <summary><c>case $PROFILE in …) … ;; esac</c>: the profiles of a vserver.</summary>
internal sealed record ProfileStatement(int Start, int End, int Line, IReadOnlyList<ProfileBranch> Branches) : ConfStatement(Start, End, Line)
{
    /// <summary>The branch a shell would take for <paramref name="profile"/>; null where none fits.</summary>
    public ProfileBranch? BranchOf(string? profile)
    {
        foreach (var branch in Branches)
        {
            if (branch.IsDefault || (profile is not null && branch.Profiles.Contains(profile, StringComparer.Ordinal)))
            {
                return branch;
            }
        }

        return null;
    }
}

/// <summary>One <c>prod) … ;;</c>.</summary>
/// <param name="Profiles">Its names.</param>
/// <param name="IsDefault">Whether one of its patterns is <c>*</c>.</param>
/// <param name="Body">Its statements.</param>
/// <param name="BodyEnd">Offset of its <c>;;</c> or of <c>esac</c>.</param>
internal sealed record ProfileBranch(IReadOnlyList<string> Profiles, bool IsDefault, IReadOnlyList<ConfStatement> Body, int BodyEnd);
