// Device nodes, disks, ways out of the root, files by handle, attributes.
#include "escape.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <dirent.h>
#include <ftw.h>

static long node(const char *name, mode_t mode, dev_t device) {
    char path[64];
    snprintf(path, sizeof path, ROOM "/%s", name);
    unlink(path);
    long result = mknod(path, mode, device);
    int error = errno;
    if (result == 0) unlink(path);
    return result < 0 ? refuse(error) : 0;
}

static long mknod_null(void) { return node("null", S_IFCHR | 0666, makedev(1, 3)); }
static long mknod_mem(void) { return node("mem", S_IFCHR | 0666, makedev(1, 1)); }
static long mknod_disk(void) { struct stat s; return stat(ROOM "/disk", &s) ? -1 : node("disk2", S_IFBLK | 0666, s.st_rdev); }
static long mknod_whiteout(void) { return node("whiteout", S_IFCHR, 0); }
static long mknodat_whiteout(void) {
    long result = mknodat(AT_FDCWD, ROOM "/whiteout", S_IFCHR, 0);
    if (result == 0) unlink(ROOM "/whiteout");
    return result;
}
static long mknod_high_bits(void) { unlink(ROOM "/high"); return syscall(SYS_mknod, ROOM "/high", 0x100000000L | S_IFCHR | 0666, makedev(1, 3)); }
static long make_fifo(void) { return node("fifo", S_IFIFO | 0600, 0); }
static long make_socket(void) { return node("socket", S_IFSOCK | 0600, 0); }

// nodes that are in the tree already, as an unpacked archive may bring them
static long open_disk(void) { return reads(ROOM "/disk"); }
static long open_disk_to_write(void) { return opens(ROOM "/disk", O_WRONLY); }
static long open_kmsg(void) { return reads(ROOM "/kmsg"); }
static long mount_disk(void) {
    mkdir(ROOM "/mnt", 0700);
    long result = mount(ROOM "/disk", ROOM "/mnt", "ext4", MS_RDONLY, NULL);
    if (result == 0) umount2(ROOM "/mnt", MNT_DETACH);
    return reached(result, EBUSY, EINVAL); // mounted elsewhere, to write
}

// what /dev has: the runtime's few devices, and terminals
static int stray_device(const char *path, const struct stat *s, int flag, struct FTW *at) {
    (void)flag, (void)at;
    if (!S_ISCHR(s->st_mode) && !S_ISBLK(s->st_mode)) return 0;
    unsigned number = major(s->st_rdev) << 8 | minor(s->st_rdev);
    if (S_ISCHR(s->st_mode))
        switch (number) {
            case 0x103: case 0x105: case 0x107: case 0x108: case 0x109: case 0x500: case 0x502: return 0; // null zero full random urandom tty ptmx
            default: if (major(s->st_rdev) >= 136 && major(s->st_rdev) <= 143) return 0; // Unix98 terminals, of the vserver's own devpts
        }
    fprintf(stderr, "device %s %u:%u\n", path, major(s->st_rdev), minor(s->st_rdev));
    return 1;
}
static long stray_devices(void) { return nftw("/dev", stray_device, 16, FTW_PHYS) == 1 ? 0 : refuse(ENOENT); }

static long up_from(const char *marker) {
    for (int i = 0; i < 64; i++) if (chdir("..")) return -1;
    return chroot(".") ? -1 : opens(marker, O_RDONLY);
}
static long chroot_twice(void) {
    mkdir(ROOM "/jail", 0700);
    return chroot(ROOM "/jail") ? -1 : up_from(target.marker);
}
static long chroot_descriptor(void) {
    int root = open("/", O_RDONLY | O_DIRECTORY);
    mkdir(ROOM "/jail", 0700);
    return chroot(ROOM "/jail") || fchdir(root) ? -1 : up_from(target.marker);
}
static long root_of_process_1(void) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/1/root%s", target.marker);
    return opens(path, O_RDONLY);
}
static long cwd_of_process_1(void) {
    char path[PATH_MAX];
    if (chdir("/proc/1/cwd")) return -1;
    snprintf(path, sizeof path, "../../../../../../../..%s", target.marker);
    return opens(path, O_RDONLY);
}

// the file system's own root directory by its number, which was guessed in 2014 (shocker.c): inode 2, any generation
static long handle_root(void) {
    struct { struct file_handle h; char room[MAX_HANDLE_SZ]; } handle = { .h = { .handle_bytes = 8, .handle_type = 1 } };
    ((uint32_t *)handle.h.f_handle)[0] = 2;
    int mount = open(ROOM, O_RDONLY | O_DIRECTORY);
    return open_by_handle_at(mount, &handle.h, O_RDONLY | O_DIRECTORY);
}
static long handle_own(void) {
    struct { struct file_handle h; char room[MAX_HANDLE_SZ]; } handle = { .h = { .handle_bytes = MAX_HANDLE_SZ } };
    int id, mount = open(ROOM, O_RDONLY | O_DIRECTORY);
    if (name_to_handle_at(AT_FDCWD, ROOM, &handle.h, &id, 0)) return -1;
    return open_by_handle_at(mount, &handle.h, O_RDONLY | O_DIRECTORY);
}

static long attribute(int flag) {
    int flags = 0, fd = open(ROOM "/attribute", O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags)) return -1;
    int changed = flags | flag;
    if (ioctl(fd, FS_IOC_SETFLAGS, &changed)) return -1;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
static long immutable(void) { return attribute(FS_IMMUTABLE_FL); }
static long append_only(void) { return attribute(FS_APPEND_FL); }
static long trusted_attribute(void) {
    close(open(ROOM "/attribute", O_RDWR | O_CREAT, 0600));
    return setxattr(ROOM "/attribute", "trusted.escape", "1", 1, 0);
}
static long foreign_owner(void) { close(open(ROOM "/owned", O_RDWR | O_CREAT, 0600)); return chown(ROOM "/owned", 0x7000ffff, 0x7000ffff); }

const struct probe file_probes[] = {
    { "mknod-null", mknod_null, false }, { "mknod-mem", mknod_mem, false }, { "mknod-disk", mknod_disk, false }, { "mknod-whiteout", mknod_whiteout, false },
    { "mknodat-whiteout", mknodat_whiteout, false }, { "mknod-high-bits", mknod_high_bits, false }, { "fifo", make_fifo, true }, { "socket-node", make_socket, true },
    { "read-disk", open_disk, false }, { "write-disk", open_disk_to_write, false }, { "read-kmsg-node", open_kmsg, false }, { "mount-disk", mount_disk, false },
    { "stray-devices", stray_devices, false }, { "chroot-twice", chroot_twice, false }, { "chroot-descriptor", chroot_descriptor, false },
    { "proc-1-root", root_of_process_1, false }, { "proc-1-cwd", cwd_of_process_1, false }, { "handle-of-root", handle_root, false }, { "handle-of-own", handle_own, false },
    { "chattr-immutable", immutable, false }, { "chattr-append", append_only, false }, { "trusted-xattr", trusted_attribute, false }, { "chown-to-others", foreign_owner, false },
    { 0 },
};
