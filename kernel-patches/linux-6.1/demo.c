// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo of the patch series, as process 1 of a patched kernel: each line is one claim, tried for real. The disk /dev/vda is an ext4 of its own.
 * It ends with "N passed, N failed" and restarts the machine.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/mount.h>

#define PR_SET_S_CONTEXT 0x56530001
#define PR_GET_S_CONTEXT 0x56530002
#define S_CONTEXT_DYNAMIC 49152
#define FS_IUNLINK_FL 0x08000000
#define MARK (FS_IMMUTABLE_FL | FS_IUNLINK_FL)

static int s_passed, s_failed;

static void claim(bool holds, const char *what)
{
	int error = errno;

	holds ? s_passed++ : s_failed++;
	printf("%s %s", holds ? "ok    " : "FAILED", what);
	if (!holds)
		printf(" (%s)", strerror(error));
	putchar('\n');
}

/* what a child of its own credentials answers by its exit code: 0 holds, else an errno */
static int in_child(int (*run)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

static void claim_child(int (*run)(void), const char *what)
{
	int error = in_child(run);

	errno = error;
	claim(error == 0, what);
}

static int result(int rc)
{
	return rc < 0 ? errno : 0;
}

/* ---- 0001: contexts ---- */

static int context_in_status(const char *pid)
{
	char path[64], line[256];
	int n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "s_context: %d", &n);
	if (f)
		fclose(f);
	return n;
}

static int set_context(long n)
{
	return prctl(PR_SET_S_CONTEXT, n, 0, 0, 0);
}

static int grandchild_has_seven(void)
{
	return context_in_status("self") == 7 ? 0 : 1;
}

static int inherit(void)
{
	if (set_context(7) != 7 || context_in_status("self") != 7)
		return errno ? errno : 1;
	return in_child(grandchild_has_seven);
}

static int leave(void)
{
	set_context(7);
	return set_context(8) < 0 && errno == EPERM && set_context(-1) < 0 && set_context(0) < 0 ? 0 : 1;
}

static int choose_as_user(void)
{
	return !setuid(1000) && set_context(9) < 0 && errno == EPERM ? 0 : 1;
}

static int new_as_user(void)
{
	return !setuid(1000) && set_context(-1) >= S_CONTEXT_DYNAMIC ? 0 : 1;
}

static int new_twice(void)
{
	int fds[2], a, b = 0;

	if (pipe(fds))
		return errno;
	if (fork() == 0) {
		a = set_context(-1);
		_exit(write(fds[1], &a, sizeof(a)) != sizeof(a));
	}
	wait(NULL);
	if (read(fds[0], &a, sizeof(a)) != sizeof(a))
		return 1;
	b = set_context(-1);
	return a > 0 && b == a + 1 ? 0 : 1;
}

static pid_t s_target;

static int kill_target(void)
{
	return result(kill(s_target, 0));
}

static int kill_as_host(void)
{
	return kill_target() == EPERM ? 0 : 1;
}

static int kill_as_other(void)
{
	set_context(8);
	return kill_target() == EPERM ? 0 : 1;
}

static int kill_as_same(void)
{
	set_context(7);
	return kill_target();
}

static int kill_as_all(void)
{
	set_context(1);
	return kill_target();
}

static int trace_as_other(void)
{
	set_context(8);
	return ptrace(PTRACE_ATTACH, s_target, 0, 0) < 0 && errno == EPERM ? 0 : 1;
}

static int kill_everything_as_other(void)
{
	set_context(8);
	kill(-1, SIGKILL);	/* all that it may; never itself */
	return 0;
}

static void contexts(void)
{
	int fds[2];
	char byte;

	puts("--- 0001 security contexts");
	claim(context_in_status("self") == 0 && prctl(PR_GET_S_CONTEXT, 0, 0, 0, 0) == 0, "the host is context 0, and /proc/PID/status says so");
	claim_child(inherit, "a chosen number is shown as s_context, and children have it");
	claim_child(leave, "there is no way out of a context, nor into another");
	claim_child(choose_as_user, "a user cannot choose a number");
	claim_child(new_as_user, "a user can have a new context");
	claim_child(new_twice, "new numbers are never the same");

	if (pipe(fds) || (s_target = fork()) < 0)
		return;
	if (s_target == 0) {
		set_context(7);
		byte = 1;
		if (write(fds[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(fds[0], &byte, 1) != 1)
		return;
	claim_child(kill_as_host, "the host's processes cannot signal into context 7");
	claim_child(kill_as_other, "nor can context 8");
	claim_child(kill_as_same, "context 7 can");
	claim_child(kill_as_all, "context 1 can");
	claim_child(trace_as_other, "context 8 cannot trace it");
	claim_child(kill_everything_as_other, "kill(-1) in context 8 ends");
	claim(!kill(s_target, 0), "and did not reach it; process 1 can signal all");
	kill(s_target, SIGKILL);
	waitpid(s_target, NULL, 0);
}

/* ---- 0002: iunlink ---- */

static int flags(const char *path, int set, int clear)
{
	int fd = open(path, O_RDONLY), value = 0, rc = -1;

	if (fd < 0)
		return -1;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &value)) {
		value = (value | set) & ~clear;
		rc = set || clear ? ioctl(fd, FS_IOC_SETFLAGS, &value) : 0;
	}
	close(fd);
	return rc ? -1 : value;
}

static int put(const char *path, const char *text, int how)
{
	int fd = open(path, O_WRONLY | how, 0644), n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (int)strlen(text) ? 0 : -1;
}

static bool has(const char *path, const char *text)
{
	char buffer[256];
	int fd = open(path, O_RDONLY), n = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer));

	close(fd);
	return n == (int)strlen(text) && !memcmp(buffer, text, n);
}

static bool refused(int rc)
{
	return rc < 0 && errno == EPERM;
}

static bool same_inode(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino;
}

static int unmark_without_capability(void)
{
	if (prctl(PR_CAPBSET_DROP, 9 /* CAP_LINUX_IMMUTABLE */, 0, 0, 0) || setuid(1000))
		return errno;
	return refused(flags("f", 0, MARK)) && refused(flags("f", 0, FS_IUNLINK_FL)) ? 0 : 1;
}

static void iunlink(void)
{
	struct timespec now[2] = { { 1, 0 }, { 1, 0 } };

	puts("--- 0002 immutable-linkage-invert, on ext4");
	put("f", "shared", O_CREAT);
	claim(!link("f", "g") && !chmod("f", 0666), "a file with two names");
	claim(flags("f", MARK, 0) > 0 && (flags("g", 0, 0) & MARK) == MARK, "is marked");
	claim(refused(put("f", "x", 0)) && refused(put("g", "x", O_APPEND)) && refused(put("f", "", O_TRUNC)), "no open for writing");
	claim(refused(truncate("f", 0)), "no truncate");
	claim(refused(chmod("f", 0600)) && refused(chown("g", 1, 1)), "no chmod, no chown");
	claim(refused(utimensat(AT_FDCWD, "f", now, 0)), "no utimes");
	claim(refused(setxattr("f", "user.a", "b", 1, 0)), "no xattr");
	claim_child(unmark_without_capability, "the marks stay, without CAP_LINUX_IMMUTABLE");
	claim(has("f", "shared"), "it is read");
	claim(!link("f", "h") && !rename("h", "h2") && same_inode("f", "h2"), "linked and renamed");
	claim(!put("n", "upgrade", O_CREAT) && !rename("n", "h2") && has("h2", "upgrade") && has("f", "shared"), "replaced, as a package manager does");
	claim(!unlink("g") && has("f", "shared"), "unlinked");
	claim(!put("p", "plain", O_CREAT) && flags("p", FS_IMMUTABLE_FL, 0) > 0 && refused(unlink("p")) && refused(link("p", "q")), "the immutable flag alone forbids links as ever");
	claim(flags("p", 0, FS_IMMUTABLE_FL) >= 0 && flags("p", FS_IUNLINK_FL, 0) > 0 && !put("p", "x", 0), "the new flag alone forbids nothing");
}

/* ---- 0003: copy-on-write ---- */

static int cow(const char *value)
{
	return put("/proc/sys/fs/iunlink_cow", value, 0);
}

static char s_big[3000000], s_read[sizeof(s_big) + 8];

static bool has_big(const char *path, const char *tail)
{
	int fd = open(path, O_RDONLY);
	size_t n = 0, expected = sizeof(s_big) + strlen(tail);
	ssize_t r;

	while ((r = read(fd, s_read + n, sizeof(s_read) - n)) > 0)
		n += r;
	close(fd);
	return n == expected && !memcmp(s_read, s_big, sizeof(s_big)) && !memcmp(s_read + sizeof(s_big), tail, strlen(tail));
}

static bool left_over(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= !strncmp(entry->d_name, ".iunlink", 8);
	if (dir)
		closedir(dir);
	return found;
}

static int write_as_user(void)
{
	return !setuid(1000) && put("c", "x", O_APPEND) < 0 && errno == EACCES ? 0 : 1;
}

static int append_racing(void)
{
	return put("race", "x", O_APPEND) ? errno : 0;
}

/* an idmapped mount of the directory, as the root of a vserver is: the disk's owner 0 is the host's user 100000 there */
static int write_idmapped(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int fds[2], tree, rc;
	char path[64], byte;
	pid_t pid;

	if (pipe(fds))
		return errno;
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		unshare(CLONE_NEWUSER);
		_exit(read(fds[0], &byte, 1) != 0);
	}
	for (rc = 0; rc < 200; rc++) {	/* until the child is in its namespace: only then a map can be written */
		snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
		usleep(10000);
		if (!put(path, "0 100000 1000", 0))
			break;
	}
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	if (put(path, "0 100000 1000", 0))
		return errno;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	attr.userns_fd = open(path, O_RDONLY);
	tree = syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return errno;
	/* the vserver's root, as the host sees him */
	if (setgid(100000) || setuid(100000))
		return errno;
	rc = openat(tree, "m", O_WRONLY | O_APPEND);
	if (rc < 0)
		return errno;
	return write(rc, "+", 1) == 1 ? 0 : errno;
}

static void copy_on_write(void)
{
	struct stat old, new;
	struct timespec times[2] = { { 1000000000, 5 }, { 1000000000, 7 } };
	char value[8] = "";
	int fd, i, failed = 0;
	pid_t pids[8];

	puts("--- 0003 copy-on-write");
	for (i = 0; i < (int)sizeof(s_big); i++)
		s_big[i] = i * 2654435761u >> 24;
	claim(refused(put("f", "x", 0)) && !cow("1"), "off until fs.iunlink_cow=1");
	fd = open("c", O_CREAT | O_WRONLY, 0644);
	claim(write(fd, s_big, sizeof(s_big)) == sizeof(s_big), "a file of 3 MB");
	close(fd);
	claim(!chown("c", 3, 4) && !chmod("c", 04755) && !setxattr("c", "user.k", "v", 1, 0) && !link("c", "d") && !utimensat(AT_FDCWD, "c", times, 0) &&
	      flags("c", MARK, 0) > 0 && !stat("c", &old), "with owner, mode, time, xattr and two names");
	fd = open("d", O_RDWR);
	claim(fd >= 0 && !fstat(fd, &new) && new.st_ino != old.st_ino, "an open for writing breaks the link");
	claim(new.st_uid == 3 && new.st_gid == 4 && new.st_mode == old.st_mode && new.st_mtim.tv_sec == 1000000000 && new.st_mtim.tv_nsec == 7 && new.st_nlink == 1,
	      "the copy has owner, mode and time");
	claim(getxattr("d", "user.k", value, sizeof(value)) == 1 && value[0] == 'v' && !(flags("d", 0, 0) & MARK), "and the xattr, and no marks");
	claim(has_big("d", ""), "and the content");
	claim(lseek(fd, 0, SEEK_END) >= 0 && write(fd, "tail", 4) == 4 && has_big("d", "tail") && has_big("c", ""), "what is written is in the copy only");
	close(fd);
	claim_child(write_as_user, "who may not write by the mode gets EACCES and no copy");
	claim(has_big("c", "") && !stat("c", &new) && new.st_ino == old.st_ino && (flags("c", 0, 0) & MARK) == MARK, "the other name has the old file");
	claim(!put("c", "own", O_TRUNC) && !stat("c", &new) && new.st_ino == old.st_ino && has("c", "own") && !(flags("c", 0, 0) & MARK), "the last link is not copied, it loses its marks");
	claim(!put("t", "before", O_CREAT) && !link("t", "u") && flags("t", MARK, 0) > 0 && !put("u", "after", O_TRUNC) && has("u", "after") && has("t", "before"), "with O_TRUNC too");
	claim(refused(truncate("t", 0)) && refused(chmod("t", 0600)), "truncate and chmod by path are still refused");

	put("race", "", O_CREAT);
	link("race", "race2");
	flags("race", MARK, 0);
	fflush(stdout);
	for (i = 0; i < 8; i++)
		if ((pids[i] = fork()) == 0)
			_exit(append_racing());
	for (i = 0; i < 8; i++) {
		int status;

		waitpid(pids[i], &status, 0);
		failed += status != 0;
	}
	claim(!failed && has("race", "xxxxxxxx") && has("race2", ""), "eight writers at once: one copy, no byte lost");

	put("m", "map", O_CREAT);
	link("m", "m2");
	flags("m", MARK, 0);
	chmod(".", 0755);
	claim_child(write_idmapped, "on an idmapped mount, as the root of a vserver is");
	claim(has("m", "map+") && has("m2", "map") && !stat("m", &new) && new.st_uid == 0, "the copy's owner on the disk is the old one");
	claim(!left_over(), "no temporary name is left");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/proc", 0755);
	mkdir("/disk", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) || mount("/dev/vda", "/disk", "ext4", 0, NULL) || chdir("/disk"))
		perror("mount");
	contexts();
	iunlink();
	copy_on_write();
	if (chdir("/") || umount("/disk"))
		claim(false, "the disk is unmounted");
	printf("%d passed, %d failed\n", s_passed, s_failed);
	fflush(stdout);
	sync();
	reboot(RB_AUTOBOOT);	/* with QEMU's -no-reboot that is the end */
	return 0;
}
