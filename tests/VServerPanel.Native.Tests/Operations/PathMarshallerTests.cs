using CsCheck;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Tests.Operations;

public sealed class PathMarshallerTests
{
    // lead and continuation bytes, so that cut-off, overlong and surrogate sequences come up
    private static readonly byte[] s_odd = [0xc0, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf, 0xff, (byte)'a'];
    private static readonly Gen<byte> s_byte = Gen.Frequency((2, Gen.Byte), (1, Gen.Int[0, s_odd.Length - 1].Select(i => s_odd[i])));

    [Fact]
    public void Decode_AnyBytes_EncodesBackToThem() => s_byte.Where(b => b != 0).Array[0, 40].Sample(
        bytes =>
        {
            var text = PathMarshaller.Decode(bytes);
            var buffer = new byte[(text.Length * 3) + 1];
            var length = PathMarshaller.Encode(text, buffer);
            return buffer.AsSpan(0, length).SequenceEqual(bytes);
        },
        iter: 50_000);

    [Fact]
    public void Encode_ZeroByte_IsRefused() => Assert.Throws<FormatException>(() => PathMarshaller.Encode("a\0b", new byte[16]));

    [Fact]
    public void Encode_HalfOfASurrogatePair_IsRefused() => Assert.Throws<FormatException>(() => PathMarshaller.Encode("a\ud800b", new byte[16]));
}
