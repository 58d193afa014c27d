// Sockets that reach the host: raw ones, rare families, abstract names, others' addresses.
#include "escape.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static long raw(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long raw6(void) { return socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
static long header_included(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_RAW); }
static long packet(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static long packet_datagram(void) { return socket(AF_PACKET, SOCK_DGRAM, 0); }
static long packet_high_bits(void) { return syscall(SYS_socket, 0x100000000L | AF_PACKET, SOCK_RAW, 0); }
static long vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static long crypto(void) { return socket(AF_ALG, SOCK_SEQPACKET, 0); }

// Unix, IPv4, IPv6 and netlink are what servers use; AF_PACKET, AF_VSOCK and AF_ALG have probes of their own
static long any_rare(bool isPair) {
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM };
    int pair[2], last = EAFNOSUPPORT;
    for (int family = 3; family < 64; family++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            if (family == AF_INET6 || family == AF_NETLINK || family == AF_PACKET || family == AF_VSOCK || family == AF_ALG) continue;
            if ((isPair ? socketpair(family, types[t], 0, pair) : socket(family, types[t], 0)) >= 0) { fprintf(stderr, "socket of family %d\n", family); return 0; }
            if (errno != EAFNOSUPPORT) last = errno;
        }
    return refuse(last);
}
static long rare(void) { return any_rare(false); }
static long rare_pair(void) { return any_rare(true); }
static long inet_works(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long netlink_works(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }

// takes away an address and a route that nobody has: the kernel says so to those who may
static long ask_kernel(struct nlmsghdr *message) {
    struct { struct nlmsghdr header; struct nlmsgerr error; char room[512]; } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0 || send(fd, message, message->nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0) return -1;
    return answer.error.error == 0 ? 0 : refuse(-answer.error.error);
}
static long take_address(void) {
    struct { struct nlmsghdr h; struct ifaddrmsg a; struct rtattr t; struct in_addr address; } m = {
        .h = { sizeof m, RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, .a = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1 }, .t = { RTA_LENGTH(4), IFA_LOCAL } };
    inet_pton(AF_INET, "127.254.253.252", &m.address);
    return reached(ask_kernel(&m.h), EADDRNOTAVAIL, EADDRNOTAVAIL);
}
static long take_route(void) {
    struct { struct nlmsghdr h; struct rtmsg r; struct rtattr t; struct in_addr address; } m = {
        .h = { sizeof m, RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, .r = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = 250, .rtm_scope = RT_SCOPE_NOWHERE },
        .t = { RTA_LENGTH(4), RTA_DST } };
    inet_pton(AF_INET, "192.0.2.254", &m.address);
    return reached(ask_kernel(&m.h), ESRCH, ENOENT);
}

static long abstract(int type) {
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    memcpy(name.sun_path + 1, target.abstract, strlen(target.abstract));
    int fd = socket(AF_UNIX, type, 0);
    return fd < 0 ? -1 : connect(fd, (void *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(target.abstract)));
}
static long abstract_stream(void) { return abstract(SOCK_STREAM); }

static long with_address(const char *text, int port, int option, int (*call)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (inet_pton(AF_INET, text, &in.sin_addr) != 1 || fd < 0) return -1;
    if (option != 0 && setsockopt(fd, IPPROTO_IP, option, &on, sizeof on)) return -1;
    return call(fd, (void *)&in, sizeof in);
}
static long others_address(void) { return with_address(target.address, 0, 0, bind); }
static long others_address_transparent(void) { return with_address(target.address, 0, IP_TRANSPARENT, bind); }
static long hosts_loopback(void) { return with_address("127.0.0.1", target.port, 0, connect); }

const struct probe network_probes[] = {
    { "raw-socket", raw, false }, { "raw-socket-6", raw6, false }, { "raw-header", header_included, false }, { "packet-socket", packet, false },
    { "packet-datagram", packet_datagram, false }, { "packet-high-bits", packet_high_bits, false }, { "vsock", vsock, false }, { "af-alg", crypto, false },
    { "rare-families", rare, false }, { "rare-pairs", rare_pair, false }, { "inet-socket", inet_works, true }, { "netlink-socket", netlink_works, true },
    { "netlink-address", take_address, false }, { "netlink-route", take_route, false }, { "abstract-socket", abstract_stream, false },
    { "others-address", others_address, false }, { "others-address-transparent", others_address_transparent, false }, { "hosts-loopback", hosts_loopback, false },
    { 0 },
};
