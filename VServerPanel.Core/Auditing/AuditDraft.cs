using VServerPanel.Protocol;

namespace VServerPanel.Core.Auditing;

/// <summary>An entry that has no place in the chain yet.</summary>
internal sealed record AuditDraft
{
    private const int ShortText = 256;
    private const int LongText = 8192;
    private const int ConfText = 1 << 20;

    public required string Host { get; init => field = Clean(value, ShortText); }

    public required string OperationId { get; init => field = Clean(value, ShortText); }

    public required AuditPhase Phase { get; init; }

    public required AuditOrigin Origin { get; init; }

    /// <summary>Kept to the millisecond, as it is stored: the hash is over what is stored.</summary>
    public required DateTimeOffset Time { get; init => field = DateTimeOffset.FromUnixTimeMilliseconds(value.ToUnixTimeMilliseconds()); }

    public required string User { get; init => field = Clean(value, ShortText); }

    public string Login { get; init => field = Clean(value, ShortText); } = "";

    public string? Address { get; init => field = value is null ? null : Clean(value, ShortText); }

    public string? VServer { get; init => field = value is null ? null : Clean(value, ShortText); }

    public Guid? VServerId { get; init; }

    public required string Operation { get; init => field = Clean(value, ShortText); }

    public string Command { get; init => field = Clean(value, LongText); } = "";

    public string? Detail { get; init => field = value is null ? null : Clean(value, LongText); }

    public string? Before { get; init => field = value is null ? null : Clean(value, ConfText); }

    public string? After { get; init => field = value is null ? null : Clean(value, ConfText); }

    public OperationOutcome? Outcome { get; init; }

    public ProblemCode? ProblemCode { get; init; }

    public string? ProblemMessage { get; init => field = value is null ? null : Clean(value, LongText); }

    public long? DurationMilliseconds { get; init; }

    /// <summary>The entry in its place after <paramref name="previousHash"/>.</summary>
    public AuditEntry Chain(long sequence, string previousHash)
    {
        var entry = At(sequence, previousHash, "");
        return At(sequence, previousHash, AuditChain.HashOf(entry));
    }

    private AuditEntry At(long sequence, string previousHash, string hash) => new(
        sequence, Host, OperationId, Phase, Origin, Time, User, Login, Address, VServer, VServerId, Operation, Command, Detail, Before, After, Outcome,
        ProblemCode, ProblemMessage, DurationMilliseconds, previousHash, hash);

    // SQLite's text ends at a NUL for half of its functions, and lone surrogates do not survive UTF-8: what is hashed must be what is read back.
    private static string Clean(string text, int limit)
    {
        if (text.Length > limit)
        {
            text = string.Concat(text.AsSpan(0, limit - 1), "…");
        }

        return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));
    }
}
