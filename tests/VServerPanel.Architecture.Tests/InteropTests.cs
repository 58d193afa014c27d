using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace VServerPanel.Architecture.Tests;

/// <summary>Numbers and layouts that were copied from C headers are compared with the headers of this machine, by its C compiler.</summary>
public sealed class InteropTests
{
    private const string Folder = "VServerPanel.Native/Interop";

    private static readonly string[] s_alwaysIncluded =
        ["stddef.h", "stdio.h", "stdint.h", "sys/types.h", "sys/syscall.h", "errno.h", "fcntl.h", "unistd.h", "sys/stat.h", "sys/ioctl.h", "signal.h", "poll.h", "sched.h", "dirent.h", "sys/prctl.h", "linux/if_ether.h"];

    private static readonly Regex s_constant = new(@"\b(?<name>SYS_[a-z0-9_]+|[A-Z][A-Z0-9_]{2,}) = ", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));

    private static readonly Regex s_header = new(@"\b[a-z]+(/[a-z_0-9]+)*\.h\b", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));

    // Names that C# would not have: two underscores are the compiler's.
    private static readonly Dictionary<string, string> s_otherNames = new(StringComparer.Ordinal) { ["WALL"] = "__WALL" };

    // Their struct, the header it is in, and our fields by their names there. A size is compared where ours is the whole of it.
    private static readonly Dictionary<string, Layout> s_layouts = new(StringComparer.Ordinal)
    {
        ["Statx"] = new("struct statx", "sys/stat.h", true, "Mask=stx_mask BlockSize=stx_blksize LinkCount=stx_nlink Uid=stx_uid Gid=stx_gid Mode=stx_mode Inode=stx_ino Size=stx_size Blocks=stx_blocks Access=stx_atime Birth=stx_btime Change=stx_ctime Modify=stx_mtime RdevMajor=stx_rdev_major RdevMinor=stx_rdev_minor DevMajor=stx_dev_major DevMinor=stx_dev_minor MountId=stx_mnt_id Attributes=stx_attributes AttributesMask=stx_attributes_mask"),
        ["StatxTimestamp"] = new("struct statx_timestamp", "sys/stat.h", true, "Seconds=tv_sec Nanoseconds=tv_nsec"),
        ["Timespec"] = new("struct timespec", "time.h", true, "Seconds=tv_sec Nanoseconds=tv_nsec"),
        ["OpenHow"] = new("struct open_how", "linux/openat2.h", true, "Flags=flags Mode=mode Resolve=resolve"),
        ["MountAttributes"] = new("struct mount_attr", "sys/mount.h", true, "Set=attr_set Clear=attr_clr Propagation=propagation UserNamespace=userns_fd"),
        ["StatVfs"] = new("struct statvfs", "sys/statvfs.h", true, "BlockSize=f_bsize FragmentSize=f_frsize Blocks=f_blocks BlocksFree=f_bfree BlocksAvailable=f_bavail Files=f_files FilesFree=f_ffree FilesAvailable=f_favail FileSystemId=f_fsid Flags=f_flag NameMax=f_namemax"),
        ["Timex"] = new("struct timex", "sys/timex.h", true, "Modes=modes Status=status"),
        ["Rlimit"] = new("struct rlimit", "sys/resource.h", true, "Soft=rlim_cur Hard=rlim_max"),
        ["PollFd"] = new("struct pollfd", "poll.h", true, "Fd=fd Events=events Returned=revents"),
        ["LinkAddress"] = new("struct sockaddr_ll", "linux/if_packet.h", true, "Family=sll_family ProtocolBigEndian=sll_protocol Device=sll_ifindex HardwareType=sll_hatype PacketType=sll_pkttype Length=sll_halen Address=sll_addr"),
        ["WindowSize"] = new("struct winsize", "sys/ioctl.h", true, "Rows=ws_row Columns=ws_col PixelsWide=ws_xpixel PixelsHigh=ws_ypixel"),
        ["UnixAddress"] = new("struct sockaddr_un", "sys/un.h", true, "Family=sun_family Path=sun_path"),
        ["IoVector"] = new("struct iovec", "sys/uio.h", true, "Start=iov_base Length=iov_len"),
        ["MessageHeader"] = new("struct msghdr", "sys/socket.h", true, "Name=msg_name NameLength=msg_namelen Vectors=msg_iov VectorCount=msg_iovlen Control=msg_control ControlLength=msg_controllen Flags=msg_flags"),
        ["ControlMessage"] = new("struct cmsghdr", "sys/socket.h", false, "Length=cmsg_len Level=cmsg_level Type=cmsg_type Descriptor=__cmsg_data"),
        ["DedupeRange"] = new("struct file_dedupe_range", "linux/fs.h", true, "SourceOffset=src_offset SourceLength=src_length TargetCount=dest_count"),
        ["DedupeTarget"] = new("struct file_dedupe_range_info", "linux/fs.h", true, "Descriptor=dest_fd Offset=dest_offset BytesDeduped=bytes_deduped Status=status"),
        ["ExtentMap"] = new("struct fiemap", "linux/fiemap.h", true, "Start=fm_start Length=fm_length Flags=fm_flags MappedExtents=fm_mapped_extents ExtentCount=fm_extent_count"),
        ["Extent"] = new("struct fiemap_extent", "linux/fiemap.h", true, "Logical=fe_logical Physical=fe_physical Length=fe_length Flags=fe_flags"),
        ["BtrfsVolume"] = new("struct btrfs_ioctl_vol_args", "linux/btrfs.h", true, "Descriptor=fd Name=name"),
        ["BtrfsVolumeV2"] = new("struct btrfs_ioctl_vol_args_v2", "linux/btrfs.h", true, "Descriptor=fd TransactionId=transid Flags=flags Name=name"),
        ["BtrfsInodeLookup"] = new("struct btrfs_ioctl_ino_lookup_args", "linux/btrfs.h", true, "TreeId=treeid ObjectId=objectid Name=name"),
        ["SignalSet"] = new("sigset_t", "signal.h", true, ""),
        ["BpfProgramLoad"] = new("union bpf_attr", "linux/bpf.h", false, "Type=prog_type InstructionCount=insn_cnt Instructions=insns License=license ExpectedAttachType=expected_attach_type AttachBtfId=attach_btf_id"),
        ["BpfRawTracepointOpen"] = new("union bpf_attr", "linux/bpf.h", false, "Program=raw_tracepoint.prog_fd"),
    };

    // Room that is only handed through, and structs that the kernel does not know.
    private static readonly HashSet<string> s_notTheKernels = new(["SpawnRoom", "DirectoryEntry", "ManagedToUnmanagedIn"], StringComparer.Ordinal);

    public static TheoryData<string> Sources => [.. Repository.Files(Folder).Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && Constants(f).Any())];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Constants_OfASource_AreThoseOfTheHeaders(string source)
    {
        var constants = Constants(source).ToList();
        var program = Program(Headers(source), constants.Select(c => $"    printf(\"{c.Name} %lld\\n\", (long long)({s_otherNames.GetValueOrDefault(c.Name, c.Name)}));"));
        Assert.Equal(constants.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.Value}")), CompileAndRun(program));
    }

    [Fact]
    public void Constants_AreFound() => Assert.InRange(Sources.Count, 5, 100);

    [Fact]
    public void Layouts_AreThoseOfTheHeaders()
    {
        var expected = new List<string>();
        var lines = new List<string>();
        foreach (var type in Structs())
        {
            Assert.True(s_layouts.TryGetValue(type.Name, out var layout), $"{type.Name} has no row in this test: add the C struct that it stands for");
            if (layout.IsWhole)
            {
                expected.Add($"{type.Name} {Marshal.SizeOf(type)}");
                lines.Add($"    printf(\"{type.Name} %zu\\n\", sizeof({layout.Type}));");
            }

            foreach (var pair in layout.Fields.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')))
            {
                expected.Add($"{type.Name}.{pair[0]} {Marshal.OffsetOf(type, pair[0])}");
                lines.Add($"    printf(\"{type.Name}.{pair[0]} %zu\\n\", offsetof({layout.Type}, {pair[1]}));");
            }

            var named = layout.Fields.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
            Repository.AssertNone(type.GetFields(BindingFlags.Instance | BindingFlags.Public).Select(f => f.Name).Where(f => layout.Fields.Length > 0 && !named.Contains(f)));
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected, CompileAndRun(Program(Structs().Select(t => s_layouts[t.Name].Header), lines)));
    }

    private static IEnumerable<Type> Structs() => Assembly.Load("vserver").GetTypes()
        .Where(t => t.Namespace == "VServerPanel.Native.Interop" && t is { IsValueType: true, IsEnum: false } && !s_notTheKernels.Contains(t.Name) && !t.Name.StartsWith('<'));

    private static IEnumerable<(string Name, long Value)> Constants(string source)
    {
        var names = s_constant.Matches(Repository.Read(source)).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        return Assembly.Load("vserver").GetTypes()
            .Where(t => t.Namespace == "VServerPanel.Native.Interop")
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(f => f.IsLiteral && names.Contains(f.Name))
            .Select(f => (f.Name, f.GetRawConstantValue() switch
            {
                ulong or nuint => unchecked((long)Convert.ToUInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)),
                var value => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            }));
    }

    // "/// <summary>fcntl.h, sys/file.h, linux/openat2.h.</summary>"
    private static IEnumerable<string> Headers(string source) => s_header.Matches(Repository.Read(source)).Select(m => m.Value).Where(h => !h.StartsWith("asm", StringComparison.Ordinal));

    private static string Program(IEnumerable<string> headers, IEnumerable<string> lines)
    {
        var included = s_alwaysIncluded.Concat(headers).Distinct(StringComparer.Ordinal).ToList();

        // glibc 2.36 defines what is in the kernel's header too, and both together do not compile (fixed in 2.37)
        if (included.Contains("sys/mount.h", StringComparer.Ordinal))
        {
            included.Remove("linux/mount.h");
        }

        var program = new StringBuilder("#define _GNU_SOURCE\n");
        foreach (var header in included)
        {
            program.Append(CultureInfo.InvariantCulture, $"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
        }

        return program.Append("int main(void)\n{\n").AppendJoin('\n', lines).Append("\n    return 0;\n}\n").ToString();
    }

    private static string[] CompileAndRun(string program)
    {
        var directory = Directory.CreateTempSubdirectory("interop-");
        try
        {
            var source = Path.Combine(directory.FullName, "check.c");
            var binary = Path.Combine(directory.FullName, "check");
            File.WriteAllText(source, program);
            Assert.SkipUnless(File.Exists("/usr/bin/cc"), "there is no C compiler (apt-get install gcc libc6-dev linux-libc-dev)");
            var (code, output) = Run("/usr/bin/cc", "-std=gnu11", "-o", binary, source);
            Assert.True(code == 0, output);
            (code, output) = Run(binary);
            Assert.Equal(0, code);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private sealed record Layout(string Type, string Header, bool IsWhole, string Fields);
}
