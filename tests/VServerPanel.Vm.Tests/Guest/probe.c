/* Tries one thing and says what it got: "ok", or the name of the errno. Static, so that it runs in every root.
 *
 *   file PATH                 each way to change a file, one line each: WHAT RESULT
 *   names PATH                what must work on a shared file: read, link, rename, unlink, replace
 *   open PATH                 for reading
 *   kill PID SIGNAL
 *   listen stream|dgram NAME  an abstract unix socket; says "ready" and stays
 *   connect stream|dgram NAME
 *   bind ADDRESS PORT         TCP; says the address that it got
 *   serve ADDRESS PORT TEXT   TCP; says "ready" and answers TEXT to each
 *   fetch ADDRESS PORT        what a server says
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *name_of(long result)
{
	return result >= 0 ? "ok" : strerrorname_np(errno);
}

static void say(const char *what, long result)
{
	printf("%s %s\n", what, name_of(result));
}

static long opened(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static long reopened(const char *path, int first, int then)
{
	char self[64];
	int fd = open(path, first);
	long result;

	if (fd < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	result = opened(self, then);
	close(fd);
	return result;
}

static long flags(const char *path, int take, int give)
{
	int fd = open(path, O_RDONLY), f = 0;
	long result = -1;

	if (fd >= 0 && !ioctl(fd, FS_IOC_GETFLAGS, &f)) {
		f = (f & ~take) | give;
		result = ioctl(fd, FS_IOC_SETFLAGS, &f);
	}
	close(fd);
	return result;
}

static long project(const char *path)
{
	struct fsxattr x;
	int fd = open(path, O_RDONLY);
	long result = -1;

	if (fd >= 0 && !ioctl(fd, FS_IOC_FSGETXATTR, &x)) {
		x.fsx_xflags &= ~(FS_XFLAG_SYNC | FS_XFLAG_NOATIME);
		result = ioctl(fd, FS_IOC_FSSETXATTR, &x);
	}
	close(fd);
	return result;
}

static long mapped(const char *path)
{
	int fd = open(path, O_RDONLY);
	long result = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0;

	close(fd);
	return result;
}

static void change(const char *path)
{
	static const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	/* version 2: user rw, user 1 r, group r, mask r, other r (linux/posix_acl_xattr.h) */
	static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
					     16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255 };
	static const unsigned char capability[] = { 0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	say("write", opened(path, O_WRONLY));
	say("readwrite", opened(path, O_RDWR));
	say("append", opened(path, O_WRONLY | O_APPEND));
	say("create", opened(path, O_WRONLY | O_CREAT));
	say("create-truncate", opened(path, O_WRONLY | O_CREAT | O_TRUNC));
	say("read-truncate", opened(path, O_RDONLY | O_TRUNC));
	say("reopen", reopened(path, O_RDONLY, O_RDWR));
	say("reopen-path", reopened(path, O_PATH, O_RDWR));
	say("map", mapped(path));
	say("truncate", truncate(path, 1));
	say("chmod", chmod(path, 0600));
	say("chown", chown(path, 1, 1));
	say("utimes", utimensat(AT_FDCWD, path, old, 0));
	say("setxattr", setxattr(path, "user.new", "1", 1, 0));
	say("removexattr", removexattr(path, "user.old"));
	say("acl", setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0));
	say("acl-remove", removexattr(path, "system.posix_acl_access"));
	say("capability", setxattr(path, "security.capability", capability, sizeof(capability), 0));
	say("unmark", flags(path, FS_SYNC_FL | FS_NOATIME_FL, 0));
	say("unmark-x", project(path));
	say("nodump", flags(path, 0, FS_NODUMP_FL));
}

static void rename_and_such(const char *path)
{
	char second[512], fresh[512], line[64] = "";
	int fd = open(path, O_RDONLY);

	say("read", read(fd, line, sizeof(line) - 1));
	snprintf(second, sizeof(second), "%s.second", path);
	snprintf(fresh, sizeof(fresh), "%s.fresh", path);
	say("link", link(path, second));
	say("rename", rename(second, fresh));
	say("unlink", unlink(fresh));
	fd = open(fresh, O_WRONLY | O_CREAT, 0600);
	say("fresh", write(fd, "fresh\n", 6));
	say("replace", rename(fresh, path));
	say("write-after", opened(path, O_WRONLY));
}

static int unix_socket(const char *type, const char *name, struct sockaddr_un *a, socklen_t *length)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	strncpy(a->sun_path + 1, name, sizeof(a->sun_path) - 2);
	*length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
	return socket(AF_UNIX, strcmp(type, "stream") ? SOCK_DGRAM : SOCK_STREAM, 0);
}

static int inet_socket(const char *address, const char *port, struct sockaddr_in *a)
{
	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	a->sin_port = htons(atoi(port));
	inet_pton(AF_INET, address, &a->sin_addr);
	return socket(AF_INET, SOCK_STREAM, 0);
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	struct sockaddr_un u;
	struct sockaddr_in i;
	socklen_t length = sizeof(i);
	int s, c;

	if (!strcmp(verb, "file")) {
		change(argv[2]);
	} else if (!strcmp(verb, "names")) {
		rename_and_such(argv[2]);
	} else if (!strcmp(verb, "open")) {
		puts(name_of(opened(argv[2], O_RDONLY)));
	} else if (!strcmp(verb, "kill")) {
		puts(name_of(kill(atoi(argv[2]), atoi(argv[3]))));
	} else if (!strcmp(verb, "listen")) {
		s = unix_socket(argv[2], argv[3], &u, &length);
		if (bind(s, (void *)&u, length) || (!strcmp(argv[2], "stream") && listen(s, 5)))
			return puts(name_of(-1)), 1;
		ready();
		pause();
	} else if (!strcmp(verb, "connect")) {
		s = unix_socket(argv[2], argv[3], &u, &length);
		puts(name_of(connect(s, (void *)&u, length)));
	} else if (!strcmp(verb, "send")) {
		s = unix_socket("dgram", argv[2], &u, &length);
		puts(name_of(sendto(s, "x", 1, 0, (void *)&u, length)));
	} else if (!strcmp(verb, "bind")) {
		s = inet_socket(argv[2], argv[3], &i);
		if (bind(s, (void *)&i, sizeof(i)))
			return puts(name_of(-1)), 0;
		getsockname(s, (void *)&i, &length);
		printf("ok %s\n", inet_ntoa(i.sin_addr));
	} else if (!strcmp(verb, "serve")) {
		s = inet_socket(argv[2], argv[3], &i);
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
		if (bind(s, (void *)&i, sizeof(i)) || listen(s, 5))
			return puts(name_of(-1)), 1;
		ready();
		while ((c = accept(s, NULL, NULL)) >= 0) {
			dprintf(c, "%s\n", argv[4]);
			close(c);
		}
	} else if (!strcmp(verb, "fetch")) {
		char text[64] = "";

		s = inet_socket(argv[2], argv[3], &i);
		if (connect(s, (void *)&i, sizeof(i)))
			return puts(name_of(-1)), 0;
		if (read(s, text, sizeof(text) - 1) < 0)
			return puts(name_of(-1)), 0;
		fputs(text, stdout);
	} else {
		return 2;
	}
	return 0;
}
