// More than the vserver may have: of locked memory, of processes (200), of memory (256 MB). Last, as the hog may take others along.
#include "escape.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static long lock_memory(void) {
    struct rlimit little = { 65536, 65536 };
    void *room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return setrlimit(RLIMIT_MEMLOCK, &little) || room == MAP_FAILED ? -1 : mlock(room, 1 << 20);
}

static long fork_bomb(void) {
    long result = 0;
    int error = 0, leash[2];
    if (pipe(leash)) return -1;
    for (int i = 0; i < 300 && result >= 0; i++) {
        result = fork();
        error = errno;
        if (result == 0) {
            // until nobody has the other end any more
            close(leash[1]);
            _exit(read(leash[0], &error, 1) != 0);
        }
    }
    close(leash[1]);
    while (wait(NULL) > 0) { }
    return result < 0 ? refuse(error) : 0;
}

static long memory_hog(void) {
    size_t size = 320u << 20;
    char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return -1;
    for (size_t at = 0; at < size; at += 4096) room[at] = 1;
    return 0;
}

const struct probe limit_probes[] = {
    { "mlock", lock_memory, false }, { "fork-bomb", fork_bomb, false }, { "memory-hog", memory_hog, false },
    { 0 },
};
