// Ways around the filter of system calls: other architectures' numbers, a tracer that swaps the number, terminals, personalities.
#include "escape.h"
#include <linux/keyctl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/user.h>
#include <sys/wait.h>

static int own_terminal(void) {
    int master, slave;
    return openpty(&master, &slave, NULL, NULL, NULL) || setsid() < 0 || ioctl(slave, TIOCSCTTY, 1) ? -1 : slave;
}
static long push_input(unsigned long request) { int slave = own_terminal(); return slave < 0 ? -1 : syscall(SYS_ioctl, slave, request, "x"); }
static long terminal_input(void) { return push_input(TIOCSTI); }
static long terminal_input_high_bits(void) { return push_input(0x100000000ul | TIOCSTI); }
static long terminal_works(void) { int master, slave; return openpty(&master, &slave, NULL, NULL, NULL); }
static long personality_works(void) { return personality(ADDR_NO_RANDOMIZE) < 0 ? -1 : personality(PER_LINUX); }

#ifdef __x86_64__
static long call32(long number, long a, long b, long c, long d) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(0L) : "memory", "r8", "r9", "r10", "r11");
    result = (int)result;
    return result < 0 ? refuse((int)-result) : result;
}

// below 4 GB, where 32-bit calls can see it: this program is linked at a fixed place
static char room[4096];
static uint32_t words[16];
static long text(const char *value) { strcpy(room, value); return (long)room; }

static long works32(void) { return call32(20, 0, 0, 0, 0); } // getpid
static long keyctl32(void) { return call32(288, KEYCTL_GET_KEYRING_ID, -2, 1, 0); }
static long bpf32(void) { memset(room, 0, sizeof room); uint32_t attr[] = { 2, 4, 4, 1 }; memcpy(room, attr, sizeof attr); return call32(357, 0, (long)room, 72, 0); }
static long mknod32(void) { unlink(ROOM "/null32"); return call32(14, text(ROOM "/null32"), S_IFCHR | 0666, makedev(1, 3), 0); }
static long unshare32(void) { return call32(310, 0x10000000, 0, 0, 0); }
static long mount32(void) { mkdir(ROOM "/here", 0700); words[0] = 0x74; return call32(21, (long)words, text(ROOM "/here"), (long)strcpy((char *)words + 16, "tmpfs"), 0); }
static long vsock32(void) { return call32(359, AF_VSOCK, SOCK_STREAM, 0, 0); }
static long packet32(void) { return call32(359, AF_PACKET, SOCK_RAW, 0, 0); }
static long socketcall(uint32_t call, uint32_t family, uint32_t type) {
    words[0] = family, words[1] = type, words[2] = 0, words[3] = (uint32_t)(uintptr_t)&words[8];
    return call32(102, call, (long)words, 0, 0);
}
static long vsock_socketcall(void) { return socketcall(1, AF_VSOCK, SOCK_STREAM); }
static long packet_socketcall(void) { return socketcall(1, AF_PACKET, SOCK_RAW); }
static long rare_socketcall(void) {
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };
    for (uint32_t family = 3; family < 64; family++)
        for (int t = 0; t < 4; t++) {
            if (family == AF_INET6 || family == AF_NETLINK) continue;
            if (socketcall(1, family, (uint32_t)types[t]) >= 0 || socketcall(8, family, (uint32_t)types[t]) >= 0) { fprintf(stderr, "socket of family %u by socketcall\n", family); return 0; }
        }
    return refuse(EAFNOSUPPORT);
}
static long terminal_input32(void) {
    int slave = own_terminal();
    return slave < 0 ? -1 : call32(54, slave, TIOCSTI, text("x"), 0);
}
static long keyctl_x32(void) { return syscall(0x40000000 | SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1); }

// A tracer changes the number after the call was made and before it is carried out; filters run after that since 4.8.
static long swapped_by_tracer(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        kill(getpid(), SIGSTOP);
        syscall(SYS_getppid, 0, 0, 0);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return -1;
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (bool isSwapped = false; ptrace(PTRACE_SYSCALL, child, 0, 0) == 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status);) {
        struct user_regs_struct registers;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80) || ptrace(PTRACE_GETREGS, child, 0, &registers)) continue;
        if (isSwapped) {
            kill(child, SIGKILL);
            return (long)registers.rax < 0 ? refuse((int)-(long)registers.rax) : 0;
        }
        if (registers.orig_rax != SYS_getppid) continue;
        registers.orig_rax = SYS_keyctl;
        registers.rdi = KEYCTL_GET_KEYRING_ID;
        registers.rsi = (unsigned long)(long)KEY_SPEC_SESSION_KEYRING;
        registers.rdx = 1;
        if (ptrace(PTRACE_SETREGS, child, 0, &registers)) return -1;
        isSwapped = true;
    }
    return refuse(ECHILD);
}
#endif

const struct probe bypass_probes[] = {
    { "tiocsti", terminal_input, false }, { "tiocsti-high-bits", terminal_input_high_bits, false }, { "terminal", terminal_works, true }, { "personality", personality_works, true },
#ifdef __x86_64__
    { "call-32", works32, true }, { "keyctl-32", keyctl32, false }, { "bpf-32", bpf32, false }, { "mknod-32", mknod32, false }, { "unshare-user-32", unshare32, false },
    { "mount-32", mount32, false }, { "vsock-32", vsock32, false }, { "packet-32", packet32, false }, { "vsock-socketcall", vsock_socketcall, false },
    { "packet-socketcall", packet_socketcall, false }, { "rare-socketcall", rare_socketcall, false }, { "tiocsti-32", terminal_input32, false }, { "keyctl-x32", keyctl_x32, false },
    { "keyctl-by-tracer", swapped_by_tracer, false },
#endif
    { 0 },
};
