// Tries, from inside a vserver, what a vserver must not be able to do. One line each: "NAME ok" where it was refused, "NAME REACHED" where not.
// usage: probe HOST_PID HOST_MARKER STYLE
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void refused(const char *name, long result) { printf("%s %s (%s)\n", name, result < 0 ? "ok" : "REACHED", result < 0 ? strerror(errno) : "-"); fflush(stdout); }
static void refused_with(const char *name, long result, int wanted) {
    printf("%s %s (%s)\n", name, result < 0 && errno == wanted ? "ok" : "REACHED", result < 0 ? strerror(errno) : "-"); fflush(stdout); }
static int writable(const char *path) { int fd = open(path, O_WRONLY); if (fd >= 0) close(fd); return fd; }

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    pid_t host = atoi(argv[1]);
    const char *marker = argv[2];
    char path[4096];

    refused("mknod-null", mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)));
    refused("mknod-mem", mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1)));
    refused("mknod-disk", mknod("/tmp/disk", S_IFBLK | 0666, makedev(254, 0)));
    refused("mknod-whiteout", mknod("/tmp/whiteout", S_IFCHR, 0));
    refused("mknodat-whiteout", mknodat(AT_FDCWD, "/tmp/whiteout2", S_IFCHR, 0));
    printf("mkfifo-works %s\n", mkfifo("/tmp/fifo", 0600) == 0 ? "ok" : "REFUSED");

    // the second chroot, and the kept descriptor
    if (fork() == 0) {
        mkdir("/tmp/jail", 0700);
        if (chroot("/tmp/jail") == 0) { for (int i = 0; i < 64; i++) if (chdir("..")) break; if (chroot(".")) _exit(1); }
        snprintf(path, sizeof path, "/%s", marker); refused("chroot-twice", open(path, O_RDONLY)); _exit(0); }
    wait(NULL);
    if (fork() == 0) {
        int root = open("/", O_RDONLY); mkdir("/tmp/jail", 0700);
        if (chroot("/tmp/jail") == 0 && fchdir(root) == 0) for (int i = 0; i < 64; i++) if (chdir("..")) break;
        if (chroot(".")) _exit(1);
        refused("chroot-kept-descriptor", open(marker[0] == '/' ? marker + 1 : marker, O_RDONLY)); _exit(0); }
    wait(NULL);
    snprintf(path, sizeof path, "/proc/1/root%s", marker); refused("proc-1-root", open(path, O_RDONLY));
    struct { struct file_handle h; char room[128]; } handle = { .h = { .handle_bytes = 8, .handle_type = 1 } };
    int rootfd = open("/", O_RDONLY);
    refused("open_by_handle_at", syscall(SYS_open_by_handle_at, rootfd, &handle, O_RDONLY));

    refused("kill-host-process", kill(host, 0));
    refused("ptrace-host-process", ptrace(PTRACE_SEIZE, host, 0, 0));
    refused("write-proc-sys", writable("/proc/sys/kernel/panic"));
    refused("write-core-pattern", writable("/proc/sys/kernel/core_pattern"));
    refused("write-sysrq", writable("/proc/sysrq-trigger"));
    refused("write-sys", writable("/sys/kernel/mm/transparent_hugepage/enabled"));
    refused("write-uevent-helper", writable("/sys/kernel/uevent_helper"));
    refused("write-release-agent", writable("/sys/fs/cgroup/release_agent"));
    refused("read-kmsg", open("/proc/kmsg", O_RDONLY));
    refused("read-kcore", open("/proc/kcore", O_RDONLY) < 0 ? -1 : lseek(open("/proc/kcore", O_RDONLY), 0, SEEK_END) > 0 ? 1 : (errno = ENODATA, -1));

    char zeros[256] = { 0 };
    refused_with("bpf", syscall(SYS_bpf, 0, zeros, sizeof zeros), EPERM);
    refused_with("perf_event_open", syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0), EPERM);
    refused_with("userfaultfd", syscall(SYS_userfaultfd, 1), EPERM);
    refused_with("io_uring_setup", syscall(SYS_io_uring_setup, 8, zeros), EPERM);
    refused_with("keyctl", syscall(SYS_keyctl, 0, -3, 1), EPERM);
    refused_with("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3), EPERM);
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    refused_with("clock_settime", clock_settime(CLOCK_REALTIME, &now), EPERM);
    struct timeval day = { now.tv_sec, 0 };
    refused_with("settimeofday", syscall(SYS_settimeofday, &day, NULL), EPERM);
    struct timex adjust = { .modes = ADJ_OFFSET };
    refused_with("adjtimex", syscall(SYS_adjtimex, &adjust), EPERM);
    refused_with("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0), EPERM);
    refused_with("init_module", syscall(SYS_init_module, zeros, sizeof zeros, ""), EPERM);
    refused_with("delete_module", syscall(SYS_delete_module, "loop", 0), EPERM);
    refused_with("swapon", syscall(SYS_swapon, "/tmp/x", 0), EPERM);
    refused_with("syslog", klogctl(3, zeros, sizeof zeros), EPERM);
    refused_with("quotactl", syscall(SYS_quotactl, 0, "/dev/x", 0, zeros), EPERM);
#ifdef SYS_iopl
    refused_with("iopl", syscall(SYS_iopl, 3), EPERM);
#endif
    refused("raw-socket", socket(AF_INET, SOCK_RAW, 1));
    refused_with("packet-socket", socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT);
    refused_with("vsock", socket(40, SOCK_STREAM, 0), EAFNOSUPPORT);
    refused_with("alg-socket", socket(38, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
    refused_with("packet-socket-high-bit", syscall(SYS_socket, 0x100000011L, SOCK_RAW, 0), EAFNOSUPPORT);
    printf("inet-socket-works %s\n", socket(AF_INET, SOCK_STREAM, 0) >= 0 ? "ok" : "REFUSED");

    refused_with("unshare-user", unshare(CLONE_NEWUSER), EPERM);
    refused_with("clone-user", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM);
    refused_with("clone3", syscall(SYS_clone3, zeros, 88), ENOSYS);
    refused("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
    refused("bind-over-masked", mount("/tmp", "/proc/sys", NULL, MS_BIND, NULL));
    refused("umount-masked", umount2("/proc/sys", MNT_DETACH));
    refused("remount-sys", mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
    refused("write-sys-then", writable("/sys/kernel/mm/transparent_hugepage/enabled"));
    refused("write-proc-sys-then", writable("/proc/sys/kernel/panic"));
    refused("write-core-pattern-then", writable("/proc/sys/kernel/core_pattern"));
    refused_with("tiocsti", ioctl(0, 0x5412, "x"), EPERM);
    refused_with("tiocsti-high-bit", syscall(SYS_ioctl, 0, 0x100005412L, "x"), EPERM);
    int bits = 1, entropy = open("/dev/random", O_RDWR);
    refused("entropy-ioctl", ioctl(entropy, RNDADDTOENTCNT, &bits));
    printf("write-random-works %s\n", write(entropy, "x", 1) == 1 ? "ok" : "REFUSED");
    refused("chown-to-host-root", fchownat(AT_FDCWD, "/tmp/fifo", 70000, 70000, 0));
    refused("set-hostname-of-host", writable("/proc/sys/kernel/hostname"));
    refused("negative-nice", setpriority(PRIO_PROCESS, 0, -5));
    if (strcmp(argv[3], "sysv") == 0) refused_with("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL), EPERM);
    return 0;
}
