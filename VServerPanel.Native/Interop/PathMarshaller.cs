using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace VServerPanel.Native.Interop;

/// <summary>Paths between C# and the kernel: UTF-8, and bytes that are none as lone surrogates U+DC80 to U+DCFF (as PEP 383 has it), so that a
/// file whatever its guest named it can be opened, copied and removed.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ManagedToUnmanagedIn))]
internal static unsafe class PathMarshaller
{
    /// <summary>The text for a name of the kernel's.</summary>
    public static string Decode(ReadOnlySpan<byte> name)
    {
        if (System.Text.Unicode.Utf8.IsValid(name))
        {
            return Encoding.UTF8.GetString(name);
        }

        var text = new StringBuilder(name.Length);
        while (name.Length > 0)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var b in name[..used])
                {
                    text.Append((char)(0xDC00 + b));
                }
            }

            name = name[used..];
        }

        return text.ToString();
    }

    /// <summary>The kernel's bytes for a text, without the final zero.</summary>
    public static int Encode(ReadOnlySpan<char> path, Span<byte> into)
    {
        var at = 0;
        while (path.Length > 0)
        {
            if (Rune.DecodeFromUtf16(path, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                if (rune.Value == 0)
                {
                    throw new FormatException("A path must not have a zero byte.");
                }

                at += rune.EncodeToUtf8(into[at..]);
            }
            else
            {
                into[at++] = path[0] is >= '\uDC80' and <= '\uDCFF' ? (byte)(path[0] - 0xDC00) : throw new FormatException("A path has half of a surrogate pair.");
            }

            path = path[used..];
        }

        return at;
    }

    public ref struct ManagedToUnmanagedIn
    {
        private byte* _allocated;
        private Span<byte> _buffer;

        public static int BufferSize => 512;

        public void FromManaged(string path, Span<byte> buffer)
        {
            // 3 bytes at most per char, and the zero
            var size = (path.Length * 3) + 1;
            if (size > buffer.Length)
            {
                _allocated = (byte*)NativeMemory.Alloc((nuint)size);
                buffer = new Span<byte>(_allocated, size);
            }

            buffer[Encode(path, buffer)] = 0;
            _buffer = buffer;
        }

        public readonly ref byte GetPinnableReference() => ref _buffer.GetPinnableReference();

        public readonly byte* ToUnmanaged() => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _buffer.GetPinnableReference());

        public readonly void Free() => NativeMemory.Free(_allocated);
    }
}
