// Tries, as root, what a vserver's root must not be able to do. One line for each: "NAME refused ERRNO" or "NAME SUCCEEDED", and for what must work "NAME allowed" or
// "NAME FORBIDDEN ERRNO". Run where nothing protects it shows which of them could succeed at all.
//
//   escape victim ADDRESS        is the process of the host that is reached for: prints what the probes are told of it, and lasts as long as its input
//   escape probe KEY=VALUE…      runs them all
#include "escape.h"
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct target target;
int strays;

static void take(const char *word) {
    const char *value = strchr(word, '=');
    if (value == NULL) return;
    value++;
    if (strncmp(word, "pid=", 4) == 0) target.pid = atoi(value);
    else if (strncmp(word, "secret=", 7) == 0) target.secret = strtoul(value, NULL, 16);
    else if (strncmp(word, "marker=", 7) == 0) target.marker = value;
    else if (strncmp(word, "abstract=", 9) == 0) target.abstract = value;
    else if (strncmp(word, "address=", 8) == 0) target.address = value;
    else if (strncmp(word, "port=", 5) == 0) target.port = atoi(value);
    else if (strncmp(word, "shm=", 4) == 0) target.shm = (int)strtoul(value, NULL, 16);
}

// Each in a process of its own: what it changes of itself, and what kills it, is no matter of the others.
static void run(const struct probe *probe) {
    int answer[2], error = -1, status;
    if (pipe2(answer, O_CLOEXEC)) exit(2);
    pid_t child = fork();
    if (child < 0) exit(2);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(30);
        // where it may mount and unmount, that is gone with it
        if (unshare(CLONE_NEWNS) && getenv("ESCAPE_CONTROL") != NULL) _exit(2);
        close(answer[0]);
        errno = 0;
        error = probe->run() < 0 ? errno : 0;
        _exit(write(answer[1], &error, sizeof error) != sizeof error);
    }
    close(answer[1]);
    bool answered = read(answer[0], &error, sizeof error) == sizeof error;
    close(answer[0]);
    waitpid(child, &status, 0);
    const char *reason = answered ? strerrorname_np(error) : WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "nothing";
    if (answered && error == 0) printf("%s %s\n", probe->name, probe->allowed ? "allowed" : "SUCCEEDED");
    else printf("%s %s %s%s\n", probe->name, probe->allowed ? "FORBIDDEN" : "refused", answered ? "" : "SIG", reason ? reason : "?");
    fflush(stdout);
}

static void count_strays(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL) return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (fd > 2 && fd != dirfd(directory)) {
            char link[PATH_MAX] = "", path[64];
            snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            if (readlink(path, link, sizeof link - 1) > 0) fprintf(stderr, "descriptor %d: %s\n", fd, link);
            strays++;
        }
    }
    closedir(directory);
}

int main(int argc, char **argv) {
    count_strays();
    if (argc == 3 && strcmp(argv[1], "victim") == 0) return victim(argv[2]);
    if (argc < 3 || strcmp(argv[1], "probe") != 0) return 2;
    for (int i = 2; i < argc; i++) take(argv[i]);
    signal(SIGPIPE, SIG_IGN);
    const struct probe *groups[] = { file_probes, process_probes, kernel_probes, network_probes, namespace_probes, bypass_probes, limit_probes };
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct probe *p = groups[g]; p->name != NULL; p++) run(p);
    return 0;
}
