// New namespaces, and mounts over what is masked.
#include "escape.h"
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
// glibc's sys/mount.h and the kernel's cannot be had together
int mount(const char *source, const char *place, const char *type, unsigned long flags, const void *data);
int umount2(const char *place, int flags);
#define MNT_DETACH 2

static long ended(long child) {
    if (child == 0) _exit(0);
    if (child > 0) waitpid((pid_t)child, NULL, 0);
    return child;
}
static long unshare_user(void) { return unshare(CLONE_NEWUSER); }
static long clone_user(void) { return ended(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }
static long clone_user_high_bits(void) { return ended(syscall(SYS_clone, 0x100000000L | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }
static long clone3_user(void) { struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD }; return ended(syscall(SYS_clone3, &a, sizeof a)); }
static long unshare_mounts(void) { return unshare(CLONE_NEWNS); }
static long unshare_network(void) { return unshare(CLONE_NEWNET); }
static long unshare_processes(void) { return unshare(CLONE_NEWPID); }
static long unshare_cgroup(void) { return unshare(CLONE_NEWCGROUP); }
static long join_mounts(void) { int fd = open("/proc/1/ns/mnt", O_RDONLY); return fd < 0 ? -1 : setns(fd, CLONE_NEWNS); }
static long join_network(void) { int fd = open("/proc/1/ns/net", O_RDONLY); return fd < 0 ? -1 : setns(fd, CLONE_NEWNET); }
// who owns the host's network is above us; our own may be had
static long owner_of_network(void) {
    struct stat own, owner;
    int network = open("/proc/self/ns/net", O_RDONLY), fd = ioctl(network, NS_GET_USERNS);
    if (fd < 0 || fstat(fd, &owner) || stat("/proc/self/ns/user", &own)) return -1;
    return own.st_ino == owner.st_ino && getenv("ESCAPE_CONTROL") == NULL ? refuse(EPERM) : 0;
}

static long here(void) { mkdir(ROOM "/here", 0700); return 0; }
static long mount_tmpfs(void) { here(); return mount("none", ROOM "/here", "tmpfs", 0, NULL); }
static long mount_proc(void) { here(); return mount("proc", ROOM "/here", "proc", 0, NULL); }
static long mount_sysfs(void) { here(); return mount("sysfs", ROOM "/here", "sysfs", 0, NULL); }
static long mount_cgroups(void) { here(); return reached(mount("none", ROOM "/here", "cgroup2", 0, NULL), EBUSY, EBUSY); }
static long mount_overlay(void) { here(); return mount("none", ROOM "/here", "overlay", 0, "lowerdir=" ROOM ":/bin"); }
static long bind_over_masked(void) { here(); return mount(ROOM "/here", "/proc/sys", NULL, MS_BIND, NULL); }
static long unmount_masked(void) { bind_over_masked(); return umount2("/proc/sys", MNT_DETACH); }
static long unmount_dev(void) { return umount2("/dev", MNT_DETACH); }
static long remount_proc_sys(void) { mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL); return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL); }
static long remount_sys(void) { return mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND, NULL); }
static long remount_root(void) { return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL); }
static long propagate(void) { return mount(NULL, "/", NULL, MS_PRIVATE, NULL); }
static long change_root(void) {
    here();
    mount(ROOM "/here", ROOM "/here", NULL, MS_BIND, NULL);
    mkdir(ROOM "/here/old", 0700);
    return syscall(SYS_pivot_root, ROOM "/here", ROOM "/here/old");
}
static long open_file_system(void) { return syscall(SYS_fsopen, "tmpfs", 0); }
static long pick_file_system(void) { return syscall(SYS_fspick, AT_FDCWD, "/", 0); }
static long clone_tree(void) { return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE); }
static long move_tree(void) {
    here();
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc", 0);
    return tree < 0 ? -1 : reached(syscall(SYS_move_mount, tree, "", AT_FDCWD, ROOM "/here", MOVE_MOUNT_F_EMPTY_PATH), EINVAL, EINVAL);
}
static long set_attributes(void) { struct mount_attr a = { .attr_clr = MOUNT_ATTR_RDONLY }; return syscall(SYS_mount_setattr, AT_FDCWD, "/sys", 0, &a, sizeof a); }

// Who may mount in his own namespaces takes the masks away: what is below them belongs to the host's root, and that he is not.
static void unmask(void) {
    static const char *const masked[] = { "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sysrq-trigger", "/proc/sys", "/sys/firmware", NULL };
    mount_tmpfs();
    for (const char *const *path = masked; *path != NULL; path++) umount2(*path, MNT_DETACH);
    remount_proc_sys();
    remount_sys();
}
static long unmasked_core_pattern(void) { unmask(); return opens("/proc/sys/kernel/core_pattern", O_WRONLY); }
static long unmasked_panic(void) { unmask(); return opens("/proc/sys/kernel/panic", O_WRONLY); }
static long unmasked_timer_list(void) { unmask(); return reads("/proc/timer_list"); }
static long unmasked_sys(void) { unmask(); return opens("/sys/kernel/profiling", O_WRONLY) == 0 || opens("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY) == 0 ? 0 : -1; }
static long unmasked_cgroups(void) { here(); return mount("none", ROOM "/here", "cgroup2", 0, NULL) ? -1 : opens(ROOM "/here/cgroup.subtree_control", O_WRONLY); }

const struct probe namespace_probes[] = {
    { "unshare-user", unshare_user, false }, { "clone-user", clone_user, false },
    { "clone-user-high-bits", clone_user_high_bits, false }, { "clone3-user", clone3_user, false },
    { "unshare-mounts", unshare_mounts, false }, { "unshare-network", unshare_network, false }, { "unshare-processes", unshare_processes, false },
    { "unshare-cgroup", unshare_cgroup, false }, { "setns-mounts", join_mounts, false }, { "setns-network", join_network, false }, { "owner-of-network", owner_of_network, false },
    { "mount-tmpfs", mount_tmpfs, false }, { "mount-proc", mount_proc, false }, { "mount-sysfs", mount_sysfs, false }, { "mount-cgroups", mount_cgroups, false },
    { "mount-overlay", mount_overlay, false }, { "bind-over-masked", bind_over_masked, false }, { "umount-masked", unmount_masked, false }, { "umount-dev", unmount_dev, false },
    { "remount-proc-sys", remount_proc_sys, false }, { "remount-sys", remount_sys, false }, { "remount-root", remount_root, false }, { "propagation", propagate, false },
    { "pivot-root", change_root, false }, { "fsopen", open_file_system, false }, { "fspick", pick_file_system, false }, { "open-tree", clone_tree, false },
    { "move-mount", move_tree, false }, { "mount-setattr", set_attributes, false }, { "unmasked-core-pattern", unmasked_core_pattern, false },
    { "unmasked-panic", unmasked_panic, false }, { "unmasked-timer-list", unmasked_timer_list, false }, { "unmasked-sys", unmasked_sys, false },
    { "unmasked-cgroups", unmasked_cgroups, false },
    { 0 },
};
