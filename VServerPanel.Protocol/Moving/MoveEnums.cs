using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>Which end of a move this host is.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<MoveDirection>))]
public enum MoveDirection
{
    Outgoing = 0,
    Incoming = 1,
}

/// <summary>What a move is doing, in this order.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<MovePhase>))]
public enum MovePhase
{
    Checking = 0,
    Copying = 1,
    Stopping = 2,
    LastPass = 3,
    Verifying = 4,
    HandingOver = 5,
    Starting = 6,
    Retiring = 7,
    Done = 8,
}

/// <summary>How a move stands on this host.</summary>
/// <remarks>Persisted: append only.</remarks>
[JsonConverter(typeof(KebabCaseEnumConverter<MoveState>))]
public enum MoveState
{
    /// <summary>Its process works on it.</summary>
    Running = 0,

    /// <summary>It was cut off: it can be resumed or taken back, and <see cref="MoveInfo.WhatToDo"/> says how.</summary>
    Unresolved = 1,

    /// <summary>The vserver is at the target; what is here is kept disabled until <see cref="MoveInfo.KeptUntil"/>.</summary>
    Kept = 2,

    /// <summary>The vserver is at the target, and nothing of it is left here.</summary>
    Purged = 3,

    /// <summary>The vserver is at the source; the target can never activate this move any more.</summary>
    TakenBack = 4,

    /// <summary>At the target: the vserver is here.</summary>
    Arrived = 5,
}

/// <summary>How a check of a plan came out.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<CheckState>))]
public enum CheckState
{
    Ok = 0,
    Warning = 1,
    Refused = 2,
}
