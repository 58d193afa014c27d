using System.Formats.Tar;
using System.Text;
using CsCheck;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>Archives made to break out of the tree.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private readonly PrivatePrefix _prefix = new();

    public HostileArchiveTests()
    {
        Directory.CreateDirectory(Tree);
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Outside + "/file", "kept");
    }

    private string Tree => _prefix.Directory + "/tree";

    private string Outside => _prefix.Directory + "/outside";

    public void Dispose() => _prefix.Dispose();

    [Theory]
    [InlineData("../outside/new")]
    [InlineData("a/../../outside/new")]
    [InlineData("..")]
    [InlineData("/../outside/new")]
    public void Unpack_NameLeadsOut_IsRefused(string name)
    {
        Write(w => w.WriteEntry(File_(name)));
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(Unpack).Code);
        AssertOutsideIsAsBefore();
    }

    [Fact]
    public void Unpack_AbsoluteName_IsBelowTheRoot()
    {
        Write(w => w.WriteEntry(File_(Outside + "/file")));
        Unpack();
        Assert.Equal("new", File.ReadAllText(Tree + Outside + "/file"));
        AssertOutsideIsAsBefore();
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("{OUTSIDE}")]
    [InlineData("/proc/self/root{OUTSIDE}")]
    [InlineData("/proc/self/cwd")]
    public void Unpack_FileBelowASymlinkThatLeadsOut_StaysInside(string target)
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "link") { LinkName = target.Replace("{OUTSIDE}", Outside, StringComparison.Ordinal) });
            w.WriteEntry(File_("link/file"));
        });
        try
        {
            Unpack();
        }
        catch (ProblemException e)
        {
            // the link leads nowhere in the tree
            Assert.Equal(ProblemCode.InvalidArgument, e.Code);
        }

        AssertOutsideIsAsBefore();
    }

    [Fact]
    public void Unpack_SymlinkIsReplacedByAFileOfItsName_DoesNotWriteThroughIt()
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "file") { LinkName = Outside + "/file" });
            w.WriteEntry(File_("file"));
        });
        Unpack();
        Assert.Equal("new", File.ReadAllText(Tree + "/file"));
        AssertOutsideIsAsBefore();
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside/file")]
    [InlineData("link/file")]
    public void Unpack_HardLinkToOutside_IsRefused(string target)
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "link") { LinkName = Outside });
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.HardLink, "mine") { LinkName = target });
        });
        Assert.Throws<ProblemException>(Unpack);
        Assert.False(File.Exists(Tree + "/mine"));
        AssertOutsideIsAsBefore();
    }

    [Fact]
    public void Unpack_ModeOfASymlinkToOutside_DoesNotTouchIt()
    {
        File.SetUnixFileMode(Outside, UnixFileMode.UserRead);
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.Directory, "dir") { Mode = (UnixFileMode)0b111_111_111 });
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "dir") { LinkName = Outside, Mode = (UnixFileMode)0b111_111_111, Uid = 4711 });
        });
        Unpack();
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Outside));
    }

    [Fact]
    public void Unpack_DeviceNodes_AreLeftOut()
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.BlockDevice, "dev/sda") { DeviceMajor = 8, DeviceMinor = 0 });
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.CharacterDevice, "dev/mem") { DeviceMajor = 1, DeviceMinor = 1 });
            w.WriteEntry(File_("dev/README"));
        });
        Unpack();
        Assert.Equal(["README"], Directory.EnumerateFileSystemEntries(Tree + "/dev").Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public void Unpack_OwnersOutsideOfTheRange_AreNobody()
    {
        Write(w => w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.Directory, "home") { Uid = 1_000_000, Gid = 70_000 }));
        Unpack();
        var stat = Libc.statx(null, Tree + "/home");
        Assert.Equal((65534u, 65534u), (stat.Uid, stat.Gid));
    }

    [Fact]
    public void Unpack_NameTwice_LastWins()
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.Directory, "x"));
            w.WriteEntry(File_("x/below"));
            w.WriteEntry(File_("x"));
        });
        Unpack();
        Assert.Equal("new", File.ReadAllText(Tree + "/x"));
    }

    [Fact]
    public void Unpack_FileUsedAsDirectory_IsRefused()
    {
        Write(w =>
        {
            w.WriteEntry(File_("x"));
            w.WriteEntry(File_("x/below"));
        });
        Assert.Equal(ProblemCode.InvalidArgument, Assert.Throws<ProblemException>(Unpack).Code);
    }

    [Fact]
    public void Unpack_AnyDamage_TouchesNothingOutside()
    {
        Write(w =>
        {
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.Directory, "dir"));
            w.WriteEntry(File_("dir/file"));
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "link") { LinkName = Outside });
            w.WriteEntry(new PaxTarEntry(System.Formats.Tar.TarEntryType.HardLink, "hard") { LinkName = "dir/file" });
            w.WriteEntry(File_(new string('n', 200)));
            w.WriteEntry(new GnuTarEntry(System.Formats.Tar.TarEntryType.RegularFile, new string('g', 200)) { DataStream = new MemoryStream([1, 2, 3]) });
        });
        var whole = File.ReadAllBytes(_prefix.Directory + "/t.tar");
        var before = TreeSnapshot.Take(Outside);
        Gen.Select(Gen.Int[0, whole.Length - 1].Array[1, 6], Gen.Byte, Gen.Int[0, whole.Length]).Sample(
            (places, value, length) =>
            {
                var damaged = whole[..Math.Max(length, whole.Length / 2)];
                foreach (var place in places.Where(p => p < damaged.Length))
                {
                    damaged[place] ^= value;
                    FixChecksum(damaged, place);
                }

                File.WriteAllBytes(_prefix.Directory + "/t.tar", damaged);
                TreeRemoval.Remove(Tree);
                Directory.CreateDirectory(Tree);
                try
                {
                    Unpack();
                }
                catch (Exception e) when (e is ProblemException or EndOfStreamException or ErrnoException or FormatException)
                {
                    // said, and the build's undo removes the tree
                }

                return before.SequenceEqual(TreeSnapshot.Take(Outside));
            },
            iter: 1500,
            threads: 1);
    }

    [Fact]
    public void Unpack_HeaderThatWantsAllMemory_IsRefused()
    {
        var header = new byte[1024];
        Encoding.ASCII.GetBytes("././@LongLink").CopyTo(header, 0);
        header[156] = (byte)'L';
        Encoding.ASCII.GetBytes("77777777777").CopyTo(header, 124);
        FixChecksum(header, 0);
        File.WriteAllBytes(_prefix.Directory + "/t.tar", header);
        Assert.Throws<ProblemException>(Unpack);
    }

    // so that damage gets past the checksum
    private static void FixChecksum(byte[] archive, int place)
    {
        var block = archive.AsSpan(place / 512 * 512);
        if (block.Length < 512)
        {
            return;
        }

        block = block[..512];
        "        "u8.CopyTo(block[148..]);
        var sum = 0;
        foreach (var b in block)
        {
            sum += b;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }

    private static PaxTarEntry File_(string name) => new(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream("new"u8.ToArray()) };

    private void Write(Action<TarWriter> entries)
    {
        using var file = File.Create(_prefix.Directory + "/t.tar");
        using var writer = new TarWriter(file);
        entries(writer);
    }

    private void Unpack() => TarRoundTripTests.Unpack(_prefix.Directory + "/t.tar", Tree);

    private void AssertOutsideIsAsBefore()
    {
        Assert.Equal("kept", File.ReadAllText(Outside + "/file"));
        Assert.Single(Directory.EnumerateFileSystemEntries(Outside));
    }
}
