// What the probes share. Each is a function that tries one thing: 0 or more where it could be done, -1 with errno where not.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Of the host, and what the probes reach for.
struct target {
    pid_t pid;            // a process of the host
    unsigned long secret; // where in its memory there is a word
    const char *marker;   // a file of the host, as an absolute path there
    const char *abstract; // the abstract socket it listens on
    const char *address;  // an address of the host that is not this vserver's
    int port;             // where it listens, on that address and on 127.0.0.1
    int shm;              // key of its System V shared memory
};
extern struct target target;

struct probe {
    const char *name;
    long (*run)(void);
    bool allowed; // a server needs it: it must work
};
extern const struct probe file_probes[], process_probes[], kernel_probes[], network_probes[], namespace_probes[], bypass_probes[], limit_probes[];

// Where the probes work: /escape has what the host has put there (disk, kmsg: device nodes), and is ours to write in.
#define ROOM "/escape"
#define VICTIM_NAME "escape-victim"

extern int strays; // descriptors above 2 that this program was started with
int victim(const char *address);

static inline long refuse(int error) { errno = error; return -1; }

// Refusals by permission come first in the kernel: an error that tells of the arguments shows that it had gone on to look at them.
static inline long reached(long result, int error, int other) { return result >= 0 || errno == error || errno == other ? 0 : -1; }

// Opens, and gives the descriptor back: whether it can be is the question. Nothing is ever written or truncated.
static inline long opens(const char *path, int flags) {
    int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) close(fd);
    return fd < 0 ? -1 : 0;
}

// Opens and reads: a masked file is an empty one.
static inline long reads(const char *path) {
    static char room[4096];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = read(fd, room, sizeof room);
    int error = count == 0 ? ENODATA : errno;
    close(fd);
    return count > 0 ? 0 : refuse(error);
}
