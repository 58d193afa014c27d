// What anybody would have to do at least: walks trees with some threads, a tree at a time each.
//   walk stat|read|link THREADS DIR…     link: the files of the first tree are linked and renamed over those of the others
//   walk make:N THREADS DIR…             makes N small files in each tree, no two alike in one, the same in each
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char **trees;
static int count, next, mode, small;

static void read_file(const char *path, char *buffer)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0)
        return;
    while (read(fd, buffer, 1 << 18) > 0)
        ;
    close(fd);
}

static void link_file(const char *path, size_t tree, int number)
{
    char from[8192], temporary[8192];
    snprintf(from, sizeof from, "%s%s", trees[0], path + tree);
    snprintf(temporary, sizeof temporary, "%s/.link-%d", trees[0], number);
    if (link(from, temporary) == 0 && rename(temporary, path) != 0) {
        perror(path);
        exit(1);
    }
}

static void make_files(const char *tree)
{
    char path[8192], content[2048];
    struct timespec times[2] = { { 1600000000, 0 }, { 1600000000, 0 } };
    snprintf(path, sizeof path, "%s/usr", tree);
    mkdir(path, 0755);
    for (int i = 0; i < small; i++) {
        snprintf(path, sizeof path, "%s/usr/%d", tree, i / 500);
        if (i % 500 == 0)
            mkdir(path, 0755);
        snprintf(path, sizeof path, "%s/usr/%d/file-%d", tree, i / 500, i);
        memset(content, 'x', sizeof content);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644), length = 32 + i % 2000;
        snprintf(content, 32, "%d", i);
        if (fd < 0 || write(fd, content, length) != length || futimens(fd, times) != 0) {
            perror(path);
            exit(1);
        }
        close(fd);
    }
}

static void *work(void *unused)
{
    char *buffer = malloc(1 << 18);
    for (int i; (i = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST)) < count;) {
        if (mode == 'm') {
            make_files(trees[i]);
            continue;
        }
        char *roots[] = { trees[i], NULL };
        FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
        for (FTSENT *entry; (entry = fts_read(fts));) {
            if (entry->fts_info != FTS_F || mode == 's')
                continue;
            if (mode == 'r')
                read_file(entry->fts_path, buffer);
            else if (i > 0)
                link_file(entry->fts_path, strlen(trees[i]), i);
        }
        fts_close(fts);
    }
    free(buffer);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    mode = argv[1][0];
    small = mode == 'm' ? atoi(argv[1] + strlen("make:")) : 0;
    int threads = atoi(argv[2]);
    trees = argv + 3;
    count = argc - 3;
    pthread_t all[64];
    for (int t = 0; t < threads && t < 64; t++)
        pthread_create(&all[t], NULL, work, NULL);
    for (int t = 0; t < threads && t < 64; t++)
        pthread_join(all[t], NULL);
    return 0;
}
