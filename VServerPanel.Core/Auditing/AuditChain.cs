using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace VServerPanel.Core.Auditing;

/// <summary>The hash chain: each entry's hash is over the hash before and all of its content.</summary>
internal static class AuditChain
{
    /// <summary>What the first entry has as its previous hash.</summary>
    public const string Origin = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>SHA-256 in lower-case hex.</summary>
    public static string HashOf(AuditEntry entry)
    {
        var content = new ArrayBufferWriter<byte>(1024);
        Add(content, "vserverpanel audit 1");
        Add(content, entry.PreviousHash);
        Add(content, entry.Sequence);
        Add(content, entry.Host);
        Add(content, entry.OperationId);
        Add(content, (long)entry.Phase);
        Add(content, (long)entry.Origin);
        Add(content, entry.Time.ToUnixTimeMilliseconds());
        Add(content, entry.User);
        Add(content, entry.Login);
        Add(content, entry.Address);
        Add(content, entry.VServer);
        Add(content, entry.VServerId?.ToString("D"));
        Add(content, entry.Operation);
        Add(content, entry.Command);
        Add(content, entry.Detail);
        Add(content, entry.Before);
        Add(content, entry.After);
        Add(content, (long?)entry.Outcome);
        Add(content, (long?)entry.ProblemCode);
        Add(content, entry.ProblemMessage);
        Add(content, entry.DurationMilliseconds);
        return Convert.ToHexStringLower(SHA256.HashData(content.WrittenSpan));
    }

    // Each value with its length before it: no two different entries give the same bytes. -1 is null.
    private static void Add(ArrayBufferWriter<byte> content, string? text)
    {
        var length = text is null ? -1 : Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32LittleEndian(content.GetSpan(sizeof(int)), length);
        content.Advance(sizeof(int));
        if (length > 0)
        {
            content.Advance(Encoding.UTF8.GetBytes(text, content.GetSpan(length)));
        }
    }

    private static void Add(ArrayBufferWriter<byte> content, long? number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(content.GetSpan(sizeof(int)), number is null ? -1 : sizeof(long));
        content.Advance(sizeof(int));
        if (number is not null)
        {
            BinaryPrimitives.WriteInt64LittleEndian(content.GetSpan(sizeof(long)), number.Value);
            content.Advance(sizeof(long));
        }
    }
}
