// The kernel's switches, clocks, modules, logs and its newer interfaces.
#include "escape.h"
#include <dirent.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <mntent.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/swap.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

#define NOTHING "/escape/there-is-no-such-file"

static long call_bpf(void) {
    union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}
static long call_perf(void) {
    struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_CPU_CLOCK };
    return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}
static long call_userfaultfd(void) { return syscall(SYS_userfaultfd, O_CLOEXEC); }
static long call_io_uring(void) { struct io_uring_params p = { 0 }; return syscall(SYS_io_uring_setup, 4, &p); }
static long call_add_key(void) { return syscall(SYS_add_key, "user", "escape", "x", 1, KEY_SPEC_PROCESS_KEYRING); }
static long call_keyctl(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1); }
static long call_request_key(void) { return reached(syscall(SYS_request_key, "user", "escape-no-such-key", NULL, 0), ENOKEY, ENOKEY); }

// the time that it is, and the frequency that it has: nothing changes where nothing refuses
static long set_clock(void) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); return clock_settime(CLOCK_REALTIME, &now); }
static long set_time(void) { struct timeval now; gettimeofday(&now, NULL); return syscall(SYS_settimeofday, &now, NULL); }
static long adjust_clock(void) {
    struct timex t = { 0 };
    if (adjtimex(&t) < 0) t.freq = 0;
    t.modes = ADJ_FREQUENCY;
    return adjtimex(&t);
}
static long wake_alarm(void) { return timerfd_create(CLOCK_BOOTTIME_ALARM, 0); }

static long load_kexec(void) { return reached(syscall(SYS_kexec_load, 0, 0, NULL, 0xfff0), EINVAL, EINVAL); }
static long load_kexec_file(void) { return reached(syscall(SYS_kexec_file_load, -1, -1, 0, "", 0xffff0000), EINVAL, EBADF); }
static long load_module(void) { static char zeros[256]; return reached(syscall(SYS_init_module, zeros, sizeof zeros, ""), ENOEXEC, EINVAL); }
static long load_module_file(void) { return reached(syscall(SYS_finit_module, -1, "", 0), EBADF, ENOEXEC); }
static long unload_module(void) { return reached(syscall(SYS_delete_module, "escape_no_such", O_NONBLOCK), ENOENT, ENOENT); }
static long swap_on(void) { return reached(swapon(NOTHING, 0), ENOENT, ENOENT); }
static long swap_off(void) { return reached(swapoff(NOTHING), ENOENT, EINVAL); }
static long account(void) { return reached(acct(NOTHING), ENOENT, ENOENT); }
static long quota(void) { return reached(syscall(SYS_quotactl, QCMD(Q_QUOTAON, USRQUOTA), NOTHING, 1, NOTHING), ENOENT, ESRCH); }
static long reboot_switch(void) { return reached(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x76737000, NULL), EINVAL, EINVAL); }
static long host_name(void) { char name[256]; return gethostname(name, sizeof name) ? -1 : sethostname(name, strlen(name)); }
static long read_log(void) { static char room[4096]; return klogctl(3, room, sizeof room); }
static long clear_console_level(void) { return reached(klogctl(8, NULL, 0x7f), EINVAL, EINVAL); }
static long port_level(void) { return iopl(3); }
static long port_permission(void) { return ioperm(0x80, 1, 1); }
static long watch_all_files(void) { return fanotify_init(FAN_CLASS_CONTENT, O_RDONLY); }

static long random_ioctl(unsigned long request) {
    int bits = 0, fd = open("/dev/random", O_RDWR);
    return fd < 0 ? -1 : ioctl(fd, request, &bits);
}
static long credit_entropy(void) { return random_ioctl(RNDADDTOENTCNT); }
static long reseed(void) { return random_ioctl(RNDRESEEDCRNG); }
static long clear_pool(void) { return random_ioctl(RNDCLEARPOOL); }
static long write_random(void) { int fd = open("/dev/random", O_WRONLY); return fd < 0 ? -1 : write(fd, "vserver", 7); }

static long core_pattern(void) { return opens("/proc/sys/kernel/core_pattern", O_WRONLY); }
static long modprobe_path(void) { return opens("/proc/sys/kernel/modprobe", O_WRONLY); }
static long register_format(void) { return opens("/proc/sys/fs/binfmt_misc/register", O_WRONLY); }
static long sysrq(void) { return opens("/proc/sysrq-trigger", O_WRONLY); }
static long kernel_core(void) { return reads("/proc/kcore"); }
static long kernel_log(void) { return opens("/proc/kmsg", O_RDONLY); }
static long key_list(void) { return reads("/proc/keys"); }
static long timer_list(void) { return reads("/proc/timer_list"); }
static long page_counts(void) { return opens("/proc/kpagecount", O_RDONLY); }
static long vm_areas(void) { return opens("/proc/vmallocinfo", O_RDONLY); }
static long slabs(void) { return opens("/proc/slabinfo", O_RDONLY); }
static long tracing(void) { return reads("/sys/kernel/tracing/README") == 0 || reads("/sys/kernel/debug/tracing/README") == 0 ? 0 : -1; }
static long firmware(void) {
    DIR *d = opendir("/sys/firmware");
    int count = 0;
    if (d == NULL) return -1;
    while (readdir(d) != NULL) count++;
    return count > 2 ? 0 : refuse(ENODATA);
}

// the kernel's symbols are there for all to read, their addresses are not
static long symbol_addresses(void) {
    char line[256];
    FILE *list = fopen("/proc/kallsyms", "r");
    if (list == NULL) return -1;
    for (int i = 0; i < 1000 && fgets(line, sizeof line, list); i++) if (strtoull(line, NULL, 16) != 0) return 0;
    return refuse(ENODATA);
}

static int writable(const char *path, const struct stat *s, int flag, struct FTW *at) {
    (void)at;
    if (flag != FTW_F || !S_ISREG(s->st_mode) || (s->st_mode & 0222) == 0 || opens(path, O_WRONLY) < 0) return 0;
    fprintf(stderr, "to write: %s\n", path);
    return 1;
}
static long any_switch(void) { int found = nftw("/proc/sys", writable, 32, FTW_PHYS); return found == 1 ? 0 : found < 0 ? -1 : refuse(EROFS); }

// The cgroups that a systemd is given lie below /sys, and it may use them: they have a probe of their own.
static int writable_in_sys(const char *path, const struct stat *s, int flag, struct FTW *at) {
    return strncmp(path, "/sys/fs/cgroup/", 15) == 0 ? 0 : writable(path, s, flag, at);
}
static long any_of_sys(void) { int found = nftw("/sys", writable_in_sys, 32, FTW_PHYS); return found == 1 ? 0 : found < 0 ? -1 : refuse(EROFS); }

static long in_each_cgroup(const char *const *files) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    char path[PATH_MAX];
    int error = ENOENT;
    if (mounts == NULL) return -1;
    for (struct mntent *mount; (mount = getmntent(mounts)) != NULL;)
        if (strncmp(mount->mnt_type, "cgroup", 6) == 0)
            for (const char *const *file = files; *file != NULL; file++) {
                snprintf(path, sizeof path, "%s/%s", mount->mnt_dir, *file);
                if (opens(path, O_WRONLY) == 0) { fprintf(stderr, "to write: %s\n", path); return 0; }
                if (errno != ENOENT) error = errno;
            }
    return refuse(error);
}
static long release_agent(void) { static const char *const files[] = { "release_agent", NULL }; return in_each_cgroup(files); }
static long own_limits(void) {
    static const char *const files[] = { "memory.max", "memory.high", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max", "cpu.max", "cpu.cfs_quota_us", "cpu.weight",
        "cpuset.cpus", "cpuset.mems", "io.max", "devices.allow", "cgroup.freeze", "cgroup.kill", "cgroup.max.depth", "memory.swap.max", "../cgroup.procs", "../cgroup.subtree_control", NULL };
    return in_each_cgroup(files);
}

const struct probe kernel_probes[] = {
    { "bpf", call_bpf, false }, { "perf-event-open", call_perf, false }, { "userfaultfd", call_userfaultfd, false }, { "io-uring", call_io_uring, false },
    { "add-key", call_add_key, false }, { "keyctl", call_keyctl, false }, { "request-key", call_request_key, false }, { "clock-settime", set_clock, false },
    { "settimeofday", set_time, false }, { "adjtimex", adjust_clock, false }, { "wake-alarm", wake_alarm, false }, { "kexec-load", load_kexec, false },
    { "kexec-file-load", load_kexec_file, false }, { "init-module", load_module, false }, { "finit-module", load_module_file, false }, { "delete-module", unload_module, false },
    { "swapon", swap_on, false }, { "swapoff", swap_off, false }, { "acct", account, false }, { "quotactl", quota, false }, { "reboot", reboot_switch, false },
    { "sethostname", host_name, false }, { "syslog-read", read_log, false }, { "syslog-level", clear_console_level, false }, { "iopl", port_level, false },
    { "ioperm", port_permission, false }, { "fanotify", watch_all_files, false }, { "entropy-credit", credit_entropy, false }, { "entropy-reseed", reseed, false },
    { "entropy-clear", clear_pool, false }, { "write-random", write_random, true }, { "core-pattern", core_pattern, false }, { "modprobe-path", modprobe_path, false },
    { "binfmt-misc", register_format, false }, { "sysrq-trigger", sysrq, false }, { "kcore", kernel_core, false }, { "kmsg", kernel_log, false }, { "proc-keys", key_list, false },
    { "timer-list", timer_list, false }, { "kpagecount", page_counts, false }, { "vmallocinfo", vm_areas, false }, { "slabinfo", slabs, false }, { "tracing", tracing, false },
    { "firmware", firmware, false }, { "kallsyms", symbol_addresses, false }, { "proc-sys", any_switch, false }, { "sys", any_of_sys, false },
    { "release-agent", release_agent, false }, { "own-limits", own_limits, false },
    { 0 },
};
