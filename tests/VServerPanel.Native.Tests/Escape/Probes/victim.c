// A process of the host that the probes reach for.
#include "escape.h"
#include <arpa/inet.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

static unsigned long secret = 0x5ec2e7;

static int listen_on(const char *address, int port) {
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    socklen_t length = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (inet_pton(AF_INET, address, &in.sin_addr) != 1 || bind(fd, (void *)&in, sizeof in) || listen(fd, 16) || getsockname(fd, (void *)&in, &length)) return -1;
    return ntohs(in.sin_port);
}

int victim(const char *address) {
    // as root of the host has them
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)snprintf(name.sun_path + 1, 64, VICTIM_NAME "-%d", getpid()));
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    if (stream < 0 || bind(stream, (void *)&name, length) || listen(stream, 64)) { perror("abstract socket"); return 1; }
    int port = listen_on("127.0.0.1", 0);
    if (port < 0 || listen_on(address, port) < 0) { perror("listen"); return 1; }
    int key = 0x56530000 + getpid() % 0x10000, shm = shmget(key, 4096, IPC_CREAT | 0666);
    if (shm < 0) { perror("shmget"); return 1; }
    printf("pid=%d secret=%lx abstract=%s port=%d shm=%x address=%s\n", getpid(), (unsigned long)&secret, name.sun_path + 1, port, key, address);
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) { }
    shmctl(shm, IPC_RMID, NULL);
    return secret != 0x5ec2e7; // somebody has written
}
