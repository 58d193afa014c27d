using System.Buffers.Binary;
using System.Globalization;

namespace VServerPanel.Native.Creation.Tar;

/// <summary>ACLs of pax archives as the kernel has them: <c>SCHILY.acl.access=user::rw-,user:1000:r--,…</c> (star(5)) to <c>system.posix_acl_access</c>
/// (linux/posix_acl_xattr.h).</summary>
internal static class PosixAcl
{
    private const uint Version = 2;
    private const uint NoId = uint.MaxValue;

    /// <summary>The attribute's value; null where the text is none, or names users by name only.</summary>
    public static byte[]? Encode(string text)
    {
        var entries = new List<(ushort Tag, ushort Permissions, uint Id)>();
        foreach (var part in text.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // a comment after blanks or '#': the effective rights
            var fields = part.Split('#')[0].Trim().Split(':');
            if (fields.Length < 3 || Permissions(fields[2]) is not { } permissions)
            {
                return null;
            }

            // star appends the number to a name
            var number = fields.Length > 3 ? fields[3] : fields[1];
            var id = NoId;
            if (fields[1].Length > 0 && !uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out id))
            {
                return null;
            }

            ushort? tag = (fields[0], fields[1].Length > 0) switch
            {
                ("user" or "u", false) => 0x01,
                ("user" or "u", true) => 0x02,
                ("group" or "g", false) => 0x04,
                ("group" or "g", true) => 0x08,
                ("mask" or "m", false) => 0x10,
                ("other" or "o", false) => 0x20,
                _ => null,
            };
            if (tag is null)
            {
                return null;
            }

            entries.Add((tag.Value, permissions, id));
        }

        return entries.Count == 0 ? null : Write(entries);
    }

    private static byte[] Write(List<(ushort Tag, ushort Permissions, uint Id)> entries)
    {
        var value = new byte[4 + (entries.Count * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Version);
        var at = value.AsSpan(4);

        // the kernel wants them by tag and id (posix_acl_valid, fs/posix_acl.c)
        foreach (var (tag, permissions, id) in entries.OrderBy(e => e.Tag).ThenBy(e => e.Id))
        {
            BinaryPrimitives.WriteUInt16LittleEndian(at, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], id);
            at = at[8..];
        }

        return value;
    }

    private static ushort? Permissions(string text) => text.Length is >= 1 and <= 3 && text.All(c => c is 'r' or 'w' or 'x' or '-')
        ? (ushort)((text.Contains('r', StringComparison.Ordinal) ? 4 : 0) | (text.Contains('w', StringComparison.Ordinal) ? 2 : 0) | (text.Contains('x', StringComparison.Ordinal) ? 1 : 0))
        : null;
}
