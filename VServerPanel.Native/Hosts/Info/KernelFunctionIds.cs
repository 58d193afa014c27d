using System.Buffers.Binary;
using System.Text;

namespace VServerPanel.Native.Hosts.Info;

/// <summary>Finds functions in the kernel's own type information (Documentation/bpf/btf.rst).</summary>
internal static class KernelFunctionIds
{
    private const ushort Magic = 0xeb9f;
    private const uint KindFunction = 12;

    /// <summary>The BTF id of a function of the running kernel; null where it has none of that name.</summary>
    /// <exception cref="IOException">The kernel has no type information (CONFIG_DEBUG_INFO_BTF).</exception>
    public static uint? Find(string function) => Find(File.ReadAllBytes("/sys/kernel/btf/vmlinux"), function);

    /// <summary>Reads a BTF blob: header, types one after the other, strings.</summary>
    internal static uint? Find(ReadOnlySpan<byte> btf, string function)
    {
        if (btf.Length < 24 || BinaryPrimitives.ReadUInt16LittleEndian(btf) != Magic)
        {
            throw new InvalidDataException("no type information");
        }

        var header = Word(btf, 4);
        var types = btf.Slice((int)(header + Word(btf, 8)), (int)Word(btf, 12));
        var strings = btf.Slice((int)(header + Word(btf, 16)), (int)Word(btf, 20));
        var name = Encoding.ASCII.GetBytes(function + "\0");
        for (uint id = 1; types.Length >= 12; id++)
        {
            var info = Word(types, 4);
            if ((info >> 24 & 0x1f) == KindFunction && strings[(int)Word(types, 0)..].StartsWith(name))
            {
                return id;
            }

            types = types[(12 + Trailer(info))..];
        }

        return null;
    }

    // bytes that follow struct btf_type, by kind
    private static int Trailer(uint info)
    {
        var length = (int)(info & 0xffff);
        return (info >> 24 & 0x1f) switch
        {
            1 or 14 or 17 => 4, // INT, VAR, DECL_TAG
            3 => 12, // ARRAY
            4 or 5 or 15 or 19 => length * 12, // STRUCT, UNION, DATASEC, ENUM64
            6 or 13 => length * 8, // ENUM, FUNC_PROTO
            _ => 0,
        };
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
