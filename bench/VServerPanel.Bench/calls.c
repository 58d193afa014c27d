// SPDX-License-Identifier: Apache-2.0
/* Medians of single system calls, in ns: calls ADDRESS FILE. One line: bind connect sendto open stat */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 31
#define CALLS 2000

static struct sockaddr_in s_any = { .sin_family = AF_INET }, s_peer = { .sin_family = AF_INET };
static const char *s_file;
static int s_udp;

static void call_bind(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(s, (void *)&s_any, sizeof(s_any)))
		perror("bind"), exit(1);
	close(s);
}

static void call_connect(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (connect(s, (void *)&s_peer, sizeof(s_peer)))
		perror("connect"), exit(1);
	close(s);
}

static void call_sendto(void)
{
	/* nobody listens: an error of the datagram before is not this one's */
	sendto(s_udp, "x", 1, MSG_DONTWAIT, (void *)&s_peer, sizeof(s_peer));
}

static void call_open(void)
{
	int f = open(s_file, O_RDONLY | O_CLOEXEC);

	if (f < 0)
		perror(s_file), exit(1);
	close(f);
}

static void call_stat(void)
{
	struct stat s;

	if (stat(s_file, &s))
		perror(s_file), exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int count, char **arguments)
{
	void (*calls[])(void) = { call_bind, call_connect, call_sendto, call_open, call_stat };
	double took[ROUNDS];

	if (count != 3)
		return 2;
	s_peer.sin_addr.s_addr = inet_addr(arguments[1]);
	s_peer.sin_port = htons(9);
	s_file = arguments[2];
	s_udp = socket(AF_INET, SOCK_DGRAM, 0);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		for (int round = 0; round < ROUNDS; round++) {
			double start = now();

			for (int n = 0; n < CALLS; n++)
				calls[i]();
			took[round] = (now() - start) / CALLS;
		}
		qsort(took, ROUNDS, sizeof(*took), compare);
		printf("%.0f ", took[ROUNDS / 2]);
	}
	putchar('\n');
	return 0;
}
