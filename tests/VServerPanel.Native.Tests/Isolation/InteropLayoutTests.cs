using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;

namespace VServerPanel.Native.Tests.Isolation;

/// <summary>Constants and structs as the C compiler has them from this system's headers.</summary>
public sealed class InteropLayoutTests
{
    private const string Headers = "sched.h,sys/mount.h,linux/mount.h,sys/wait.h,sys/resource.h,sys/prctl.h,sys/syscall.h,spawn.h,poll.h,signal.h,sys/socket.h,net/if.h,netpacket/packet.h,linux/netlink.h,linux/rtnetlink.h,linux/if_addr.h,linux/if_link.h,linux/veth.h,linux/if_ether.h,sys/statvfs.h,fcntl.h,sys/un.h,sys/uio.h,sys/ioctl.h";

    private static readonly string[] s_constants =
    [
        "MS_RDONLY", "MS_NOSUID", "MS_NODEV", "MS_NOEXEC", "MS_REMOUNT", "MS_BIND", "MS_REC", "MS_PRIVATE", "MS_SLAVE", "MNT_DETACH", "UMOUNT_NOFOLLOW", "OPEN_TREE_CLONE", "OPEN_TREE_CLOEXEC",
        "MOVE_MOUNT_F_EMPTY_PATH", "MOUNT_ATTR_RDONLY", "MOUNT_ATTR_NOSUID", "MOUNT_ATTR_NODEV", "MOUNT_ATTR_NOEXEC", "MOUNT_ATTR_IDMAP", "MOUNT_ATTR_NOSYMFOLLOW", "AT_RECURSIVE", "SYS_open_tree", "SYS_move_mount",
        "SYS_mount_setattr", "CLONE_FS", "CLONE_NEWNS", "CLONE_NEWUTS", "CLONE_NEWUSER", "CLONE_NEWNET", "WNOHANG", "PRIO_PROCESS", "PR_CAPBSET_READ", "SIGHUP",
        "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGTERM", "SIGPWR", "SIGRTMIN", "SYS_pidfd_send_signal", "SYS_pidfd_open", "POLLIN",
        "POSIX_SPAWN_SETSIGDEF", "POSIX_SPAWN_SETSIGMASK", "POSIX_SPAWN_SETSID", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "SOCK_DGRAM", "SOCK_RAW", "SOCK_CLOEXEC",
        "NETLINK_ROUTE", "ETH_P_ARP", "NLMSG_ERROR", "NLMSG_DONE", "NLM_F_REQUEST", "NLM_F_ACK", "NLM_F_DUMP", "NLM_F_EXCL", "NLM_F_CREATE", "RTM_NEWADDR", "RTM_DELADDR",
        "RTM_GETADDR", "IFA_ADDRESS", "IFA_LOCAL", "IFA_LABEL", "IFA_BROADCAST", "IFA_F_NODAD", "RTM_NEWLINK", "RTM_DELLINK", "RTM_GETLINK", "RTM_NEWROUTE",
        "IFLA_ADDRESS", "IFLA_IFNAME", "IFLA_MTU", "IFLA_LINK", "IFLA_MASTER", "IFLA_LINKINFO", "IFLA_NET_NS_FD", "IFLA_INFO_KIND", "IFLA_INFO_DATA", "VETH_INFO_PEER",
        "IFLA_MACVLAN_MODE", "MACVLAN_MODE_BRIDGE", "NLA_F_NESTED", "RTA_OIF", "RTA_GATEWAY", "RT_TABLE_MAIN", "RTPROT_STATIC", "RTN_UNICAST", "RTNH_F_ONLINK", "IFF_UP", "ST_NOSUID", "O_TMPFILE", "O_PATH",
        "AF_UNIX", "SOCK_STREAM", "SOL_SOCKET", "SCM_RIGHTS", "MSG_CMSG_CLOEXEC", "TIOCSWINSZ", "F_GETFL", "F_SETFL", "POLLOUT",
    ];

    private static readonly (string C, int Size)[] s_structs =
    [
        ("struct mount_attr", Unsafe.SizeOf<Libc.MountAttributes>()), ("struct rlimit", Unsafe.SizeOf<Libc.Rlimit>()), ("struct pollfd", Unsafe.SizeOf<Libc.PollFd>()),
        ("sigset_t", Unsafe.SizeOf<Libc.SignalSet>()), ("struct sockaddr_ll", Unsafe.SizeOf<Libc.LinkAddress>()), ("struct statvfs", Unsafe.SizeOf<Libc.StatVfs>()),
        ("struct winsize", Unsafe.SizeOf<Libc.WindowSize>()), ("struct sockaddr_un", Unsafe.SizeOf<Libc.UnixAddress>()), ("struct iovec", Unsafe.SizeOf<Libc.IoVector>()),
        ("struct msghdr", Unsafe.SizeOf<Libc.MessageHeader>()), ("union { struct cmsghdr h; char room[CMSG_SPACE(sizeof(int))]; }", Unsafe.SizeOf<Libc.ControlMessage>()),
    ];

    [Fact]
    public void Constants_AndSizes_AreTheHeaders()
    {
        Assert.SkipWhen(ChildProcess.Find("gcc") is null, "constants are checked by the C compiler (apt-get install gcc)");
        var source = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
        foreach (var header in Headers.Split(','))
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        source.Append("int main(void) {\n");
        foreach (var constant in s_constants)
        {
            source.Append(CultureInfo.InvariantCulture, $"printf(\"%s %lld\\n\", \"{constant}\", (long long)({constant}));\n");
        }

        foreach (var (c, _) in s_structs)
        {
            source.Append(CultureInfo.InvariantCulture, $"printf(\"%s %lld\\n\", \"{c}\", (long long)sizeof({c}));\n");
        }

        // rooms that we make for what the C library fills
        source.Append("printf(\"room %d\\n\", sizeof(posix_spawnattr_t) <= 512 && sizeof(posix_spawn_file_actions_t) <= 512);\nreturn 0; }\n");
        var expected = s_constants.Select(c => $"{c} {ValueOf(c)}").Concat(s_structs.Select(s => $"{s.C} {s.Size}")).Append("room 1");
        Assert.Equal(expected, Compile(source.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static string ValueOf(string constant)
    {
        var field = typeof(Libc).GetField(constant, BindingFlags.Static | BindingFlags.NonPublic);
        Assert.True(field is not null, constant);
        return Convert.ToString(field.GetRawConstantValue() ?? field.GetValue(null), CultureInfo.InvariantCulture)!;
    }

    private static string Compile(string source)
    {
        var directory = Directory.CreateTempSubdirectory("vs-layout-");
        try
        {
            File.WriteAllText(directory.FullName + "/layout.c", source);
            new ChildProcess { Program = "gcc", Arguments = ["-w", "-o", directory.FullName + "/layout", directory.FullName + "/layout.c"] }.Run(TestContext.Current.CancellationToken);
            return new ChildProcess { Program = directory.FullName + "/layout", Arguments = [] }.Run(TestContext.Current.CancellationToken);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
