/* Asks the kernel for one thing and prints "ok …" or the name of an errno. Runs in a cgroup (first argument; - for the one it is in) so that the
 * same program is experiment and control.
 *
 *   probe CGROUP bind tcp|udp ADDRESS PORT [v6only]
 *   probe CGROUP serve tcp|udp ADDRESS PORT NAME [v6only]     prints "ready ADDRESS", then answers "NAME from PEER at LOCAL" for ever
 *   probe CGROUP ask tcp|udp ADDRESS PORT [SOURCE [pktinfo]]  prints the answer
 *   probe CGROUP listen                                       listen() without bind(): prints the port, then who came within 3 s
 *   probe CGROUP open FAMILY TYPE PROTOCOL
 *   probe CGROUP beat ADDRESS PORT                            connects, then sends a byte every 100 ms for ever
 *   probe CGROUP spoof SOURCE DESTINATION                     a datagram with a header of its own (IP_HDRINCL)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *call)
{
	printf("%s %s\n", strerrorname_np(errno), call);
	exit(0);
}

static socklen_t parse(const char *address, int port, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (strchr(address, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, address, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	inet_pton(AF_INET, address, &v4->sin_addr);
	return sizeof(*v4);
}

static const char *show(const void *address, int withPort)
{
	static char text[4][64];
	static int next;
	char *into = text[next++ % 4], ip[INET6_ADDRSTRLEN];
	const struct sockaddr_in *v4 = address;
	const struct sockaddr_in6 *v6 = address;

	if (v4->sin_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof(ip));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof(ip));
	snprintf(into, 64, withPort ? "%s %d" : "%s", ip, ntohs(v4->sin_port));
	return into;
}

static const char *local(int fd)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	memset(&name, 0, sizeof(name));
	getsockname(fd, (void *)&name, &size);
	return show(&name, 0);
}

static int make(const char *protocol, const char *address)
{
	int fd = socket(strchr(address, ':') ? AF_INET6 : AF_INET, strcmp(protocol, "tcp") ? SOCK_DGRAM : SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (!strcmp(protocol, "tcp"))
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static int make_bound(const char *protocol, const char *address, const char *port, int v6only)
{
	struct sockaddr_storage to;
	socklen_t size = parse(address, atoi(port), &to);
	int fd = make(protocol, address);

	if (strchr(address, ':'))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (bind(fd, (void *)&to, size))
		fail("bind");
	return fd;
}

static void serve(const char *protocol, int fd, const char *name)
{
	int stream = !strcmp(protocol, "tcp"), on = 1;

	if (stream && listen(fd, 8))
		fail("listen");
	if (!stream)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	printf("ready %s\n", local(fd));
	fflush(stdout);
	for (;;) {
		struct sockaddr_storage peer;
		socklen_t size = sizeof(peer);
		char text[256], in[64];

		if (stream) {
			int c = accept(fd, (void *)&peer, &size);

			if (c < 0)
				fail("accept");
			snprintf(text, sizeof(text), "%s from %s at %s", name, show(&peer, 0), local(c));
			if (write(c, text, strlen(text)) < 0)
				perror("write");
			close(c);
		} else {
			if (recvfrom(fd, in, sizeof(in), 0, (void *)&peer, &size) < 0)
				fail("recvfrom");
			snprintf(text, sizeof(text), "%s from %s at %s", name, show(&peer, 0), local(fd));
			sendto(fd, text, strlen(text), 0, (void *)&peer, size);
		}
	}
}

static void ask(const char *protocol, const char *address, const char *port, const char *source, int pktinfo)
{
	struct sockaddr_storage to, from;
	socklen_t size = parse(address, atoi(port), &to);
	int fd = make(protocol, address), stream = !strcmp(protocol, "tcp");
	struct timeval patience = { .tv_sec = 1 };
	char text[256] = "";

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (source && !pktinfo && bind(fd, (void *)&from, parse(source, 0, &from)))
		fail("bind");
	if (stream) {
		if (connect(fd, (void *)&to, size))
			fail(errno == EINPROGRESS ? "connect (no answer)" : "connect");
	} else {
		char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = "";
		struct iovec data = { "?", 1 };
		struct msghdr message = { .msg_name = &to, .msg_namelen = size, .msg_iov = &data, .msg_iovlen = 1 };

		if (pktinfo) {
			struct in_pktinfo info = {};
			struct cmsghdr *head;

			message.msg_control = control;
			message.msg_controllen = sizeof(control);
			head = CMSG_FIRSTHDR(&message);
			head->cmsg_level = IPPROTO_IP;
			head->cmsg_type = IP_PKTINFO;
			head->cmsg_len = CMSG_LEN(sizeof(info));
			inet_pton(AF_INET, source, &info.ipi_spec_dst);
			memcpy(CMSG_DATA(head), &info, sizeof(info));
		}
		if (sendmsg(fd, &message, 0) < 0)
			fail("sendmsg");
	}
	size = sizeof(from);
	if (recvfrom(fd, text, sizeof(text) - 1, 0, (void *)&from, &size) < 0)
		fail("receive");
	if (stream) {
		size = sizeof(from);
		getpeername(fd, (void *)&from, &size);
	}
	printf("ok %s | peer %s, own %s\n", text, show(&from, 0), local(fd));
}

static void listen_unbound(void)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM, 0), c;
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (fd < 0 || listen(fd, 4))
		fail("listen");
	getsockname(fd, (void *)&name, &size);
	printf("%d\n", ntohs(((struct sockaddr_in *)&name)->sin_port));
	fflush(stdout);
	while (poll(&wait, 1, 3000) > 0) {
		c = accept(fd, NULL, NULL);
		printf("came at %s\n", local(c));
		fflush(stdout);
		close(c);
	}
}

static void beat(const char *address, const char *port)
{
	struct sockaddr_storage to;
	socklen_t size = parse(address, atoi(port), &to);
	int fd = make("tcp", address);

	if (connect(fd, (void *)&to, size))
		fail("connect");
	while (send(fd, "!", 1, MSG_NOSIGNAL) == 1)
		usleep(100000);
}

static void spoof(const char *source, const char *destination)
{
	struct sockaddr_storage to;
	socklen_t size = parse(destination, 0, &to);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	unsigned char packet[28] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17 };

	if (fd < 0)
		fail("socket");
	inet_pton(AF_INET, source, packet + 12);
	inet_pton(AF_INET, destination, packet + 16);
	packet[21] = packet[23] = packet[25] = 8;
	if (sendto(fd, packet, sizeof(packet), 0, (void *)&to, size) < 0)
		fail("sendto");
	puts("ok");
}

int main(int count, char **words)
{
	if (strcmp(words[1], "-")) {
		char procs[4096];
		int fd;

		snprintf(procs, sizeof(procs), "%s/cgroup.procs", words[1]);
		fd = open(procs, O_WRONLY);
		if (fd < 0 || write(fd, "0", 1) != 1)
			fail("cgroup");
		close(fd);
	}
	words += 2;
	count -= 2;
	if (!strcmp(words[0], "bind"))
		printf("ok %s\n", local(make_bound(words[1], words[2], words[3], count > 4)));
	else if (!strcmp(words[0], "serve"))
		serve(words[1], make_bound(words[1], words[2], words[3], count > 5), words[4]);
	else if (!strcmp(words[0], "ask"))
		ask(words[1], words[2], words[3], count > 4 ? words[4] : NULL, count > 5);
	else if (!strcmp(words[0], "listen"))
		listen_unbound();
	else if (!strcmp(words[0], "beat"))
		beat(words[1], words[2]);
	else if (!strcmp(words[0], "spoof"))
		spoof(words[1], words[2]);
	else if (socket(atoi(words[1]), atoi(words[2]), atoi(words[3])) < 0)
		fail("socket");
	else
		puts("ok");
	return 0;
}
