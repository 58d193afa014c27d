// Processes of the host, descriptors that come from there, and rights that were taken.
#include "escape.h"
#include <dirent.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

// A process with that number may be another one, in here: the victim is known by its arguments.
static const char *of_victim(const char *file) {
    static const char words[] = "escape\0victim";
    static char path[64];
    char line[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/cmdline", target.pid);
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line);
    if (fd >= 0) close(fd);
    snprintf(path, sizeof path, "/proc/%d/%s", target.pid, file);
    return length > 0 && memmem(line, (size_t)length, words, sizeof words) == NULL ? NULL : path;
}
#define VICTIM_OR_GONE if (of_victim("") == NULL) return refuse(ESRCH)

static long signal_it(void) { VICTIM_OR_GONE; return kill(target.pid, 0); }
static long signal_by_pidfd(void) {
    VICTIM_OR_GONE;
    int fd = (int)syscall(SYS_pidfd_open, target.pid, 0);
    return fd < 0 ? -1 : syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
}
static long descriptor_by_pidfd(void) {
    VICTIM_OR_GONE;
    int fd = (int)syscall(SYS_pidfd_open, target.pid, 0);
    return fd < 0 ? -1 : syscall(SYS_pidfd_getfd, fd, 1, 0);
}
static long trace(void) { VICTIM_OR_GONE; return ptrace(PTRACE_SEIZE, target.pid, 0, 0); }
static long read_memory(void) {
    unsigned long word;
    struct iovec here = { &word, sizeof word }, there = { (void *)target.secret, sizeof word };
    VICTIM_OR_GONE;
    return process_vm_readv(target.pid, &here, 1, &there, 1, 0);
}
static long write_memory(void) {
    unsigned long word = 0x5ec2e7;
    struct iovec here = { &word, sizeof word }, there = { (void *)target.secret, sizeof word };
    VICTIM_OR_GONE;
    return process_vm_writev(target.pid, &here, 1, &there, 1, 0);
}
static long open_memory(void) { const char *path = of_victim("mem"); return path ? opens(path, O_RDWR) : refuse(ESRCH); }
static long open_root(void) { const char *path = of_victim("root/"); return path ? opens(path, O_RDONLY) : refuse(ESRCH); }
static long read_environment(void) { const char *path = of_victim("environ"); return path ? opens(path, O_RDONLY) : refuse(ESRCH); }
static long limits_of_it(void) { struct rlimit64 limit; VICTIM_OR_GONE; return syscall(SYS_prlimit64, target.pid, RLIMIT_NOFILE, NULL, &limit); }
static long niceness_of_it(void) { VICTIM_OR_GONE; return setpriority(PRIO_PROCESS, (id_t)target.pid, 0); }
static long processors_of_it(void) {
    cpu_set_t set;
    VICTIM_OR_GONE;
    return sched_getaffinity(target.pid, sizeof set, &set) < 0 ? -1 : sched_setaffinity(target.pid, sizeof set, &set);
}
static long shared_memory(void) { return shmget(target.shm, 0, 0); }

// What was read of it was of two files: the process has closed it between, and opened another by that number.
static int has_moved(const char *path, const char *link, const struct stat *there) {
    struct stat again;
    char now[PATH_MAX];
    ssize_t length = readlink(path, now, sizeof now - 1);
    if (length < 0 || stat(path, &again)) return 1;
    now[length] = 0;
    return strcmp(now, link) != 0 || again.st_dev != there->st_dev || again.st_ino != there->st_ino;
}

// A descriptor leads outside where it is a file or directory that has another name in here, or none.
static long leads_outside(const char *process, int first) {
    char directory[64], path[PATH_MAX], link[PATH_MAX];
    snprintf(directory, sizeof directory, "/proc/%s/fd", process);
    DIR *list = opendir(directory);
    if (list == NULL) return -1;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        struct stat there, here;
        if (entry->d_name[0] == '.' || atoi(entry->d_name) < first) continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length < 0 || stat(path, &there)) continue;
        link[length] = 0;
        if (link[0] != '/') continue; // a pipe, a socket, an anonymous one
        if (stat(link, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino) continue;
        if (lstat(link, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino) continue; // a symlink itself (O_PATH)
        if (S_ISCHR(there.st_mode) && there.st_rdev == makedev(1, 3)) continue; // a null device is one everywhere
        if (has_moved(path, link, &there)) continue;
        fprintf(stderr, "descriptor %s of process %s: %s\n", entry->d_name, process, link);
        return 0;
    }
    return refuse(ENOENT);
}
static long descriptors_of_1(void) { return leads_outside("1", 0); }
static long descriptors_of_own(void) { return leads_outside("self", 0); }
static long stray_descriptors(void) { return strays > 0 ? 0 : refuse(EBADF); }

static long regain_capability(void) {
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) return -1;
    data[0].permitted |= 1u << CAP_SYS_ADMIN;
    data[0].effective |= 1u << CAP_SYS_ADMIN;
    return syscall(SYS_capset, &header, data);
}
static long bounding_set(void) { return prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1 ? 0 : refuse(EPERM); }
static long become_foreign(void) { return setresuid(0x7000ffff, 0x7000ffff, 0x7000ffff); }
static long raise_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_RTPRIO, &limit)) return -1;
    limit.rlim_max = limit.rlim_max >= 99 ? limit.rlim_max + 1 : 99;
    return setrlimit(RLIMIT_RTPRIO, &limit);
}
static long lower_nice(void) { return setpriority(PRIO_PROCESS, 0, -5); }
static long real_time(void) { struct sched_param p = { .sched_priority = 1 }; return sched_setscheduler(0, SCHED_FIFO, &p); }
static long real_time_io(void) { return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 0)); }
static long out_of_memory_score(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    return fd < 0 ? -1 : write(fd, "-1000", 5);
}

const struct probe process_probes[] = {
    { "kill", signal_it, false }, { "pidfd-kill", signal_by_pidfd, false }, { "pidfd-getfd", descriptor_by_pidfd, false }, { "ptrace", trace, false },
    { "process-vm-readv", read_memory, false }, { "process-vm-writev", write_memory, false }, { "proc-pid-mem", open_memory, false }, { "proc-pid-root", open_root, false },
    { "proc-pid-environ", read_environment, false }, { "prlimit", limits_of_it, false }, { "setpriority-of-others", niceness_of_it, false },
    { "affinity-of-others", processors_of_it, false }, { "sysv-shm", shared_memory, false }, { "descriptors-of-init", descriptors_of_1, false },
    { "descriptors-outside", descriptors_of_own, false }, { "descriptors-stray", stray_descriptors, false }, { "capset", regain_capability, false }, { "bounding-set", bounding_set, false },
    { "foreign-uid", become_foreign, false }, { "rlimit", raise_limit, false }, { "nice", lower_nice, false }, { "realtime", real_time, false }, { "realtime-io", real_time_io, false },
    { "oom-score", out_of_memory_score, false },
    { 0 },
};
