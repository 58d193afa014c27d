// SPDX-License-Identifier: GPL-2.0
/* ipv4root: ties each vserver to its own addresses in the host's network namespace, as set_ipv4root() did in 2002.
 *
 * Threat: root inside a vserver, without capabilities in the host's network namespace, who wants to use an address of the host or of another
 * vserver, to reach their loopback services, or to send in their name.
 *
 * All programs are attached once to the cgroup that the vservers lie in. Each finds the vserver by its cgroup's id and returns at once where
 * there is no entry. Where there is one and something cannot be told, it refuses.
 *
 *   sock_create        may this kind of socket be had at all?
 *   bind4, bind6       is it an own address? 0.0.0.0 and loopback become own ones; guest's root gets low ports
 *   connect4, connect6 bind what is unbound to an own source; the guest's loopback is its private one
 *   sendmsg4, sendmsg6 the same for datagrams without a connection
 *   recvmsg, getsockname, getpeername   show the private loopback as 127.0.0.1
 *   ingress, egress    what the hooks above do not see: listen() without bind(), raw sockets, addresses that were taken away later
 *   sockops, sk_lookup TCP on 0.0.0.0 or [::] serves the vserver's further addresses too
 *
 * It does not stop: AF_PACKET and AF_VSOCK (no cgroup hook; capabilities and seccomp do), the sight of the host's addresses by netlink, abstract
 * unix sockets, services of the host on 0.0.0.0 that answer at a vserver's address, and sockets that somebody outside made and passed in:
 * a socket keeps the cgroup of its creation.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "cgroups.bpf.h"
#include "ipv4root.h"

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPTCP 262
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define EPERM 1
#define EPROTONOSUPPORT 93
#define EAFNOSUPPORT 97
#define EADDRNOTAVAIL 99
#define ECONNREFUSED 111
#define CAP_NET_BIND_SERVICE 10
#define REFUSE 0
#define ALLOW 1
#define ALLOW_LOW_PORT 3 /* and skip the check of CAP_NET_BIND_SERVICE (kernel commit 772412176fb9, 5.13) */

#define always static __always_inline

/* The few kernel fields that are read; their places come from the running kernel's BTF. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));
struct user_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));
struct any_capabilities { /* two words before 6.3, one number since: any struct matches any other, and the low 32 bits come first in both */
	__u32 low;
};
struct cred {
	struct user_namespace *user_ns;
	struct any_capabilities cap_effective;
} __attribute__((preserve_access_index));
struct task_struct {
	const struct cred *cred;
	struct css_set *cgroups;
} __attribute__((preserve_access_index));
struct sock_common {
	unsigned char skc_ipv6only : 1;
} __attribute__((preserve_access_index));

struct address4 { /* struct sockaddr_in */
	__u16 family;
	__u16 port;
	__u32 address;
	__u8 zero[8];
};
struct address6 { /* struct sockaddr_in6 */
	__u16 family;
	__u16 port;
	__u32 flow;
	__u32 address[4];
	__u32 scope;
};

/* depth of a vserver's cgroup below the root: /vservers/NAME */
const volatile int level = 2;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct ipv4root_entry);
} vservers_1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct ipv4root_listener);
	__type(value, __u64);
} further_1 SEC(".maps");

/* One number: not 0 since an address was taken away from a vserver that runs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} retracted_1 SEC(".maps");

/* Whose a socket is that was bound to 0.0.0.0 or [::], or that sends datagrams unbound. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} wildcard SEC(".maps");

always struct ipv4root_entry *entry_of_task(void)
{
	__u64 id = bpf_get_current_ancestor_cgroup_id(level);

	return bpf_map_lookup_elem(&vservers_1, &id);
}

/* null also for an untied vserver: nothing is asked about its addresses */
always struct ipv4root_entry *tie_of_task(void)
{
	struct ipv4root_entry *e = entry_of_task();

	return e && !(e->flags & IPV4ROOT_UNTIED) ? e : NULL;
}

always struct ipv4root_entry *tie_of_packet(struct __sk_buff *skb)
{
	__u64 id = bpf_skb_ancestor_cgroup_id(skb, level);
	struct ipv4root_entry *e = bpf_map_lookup_elem(&vservers_1, &id);

	return e && !(e->flags & IPV4ROOT_UNTIED) ? e : NULL;
}

/* A TCP connection's own address was checked when it was made, by the packets of its handshake, and cannot change: packets of one that stands are
 * let through without looking the vserver up, which is most of what they cost. Not so once an address was taken away. */
always int is_standing_connection(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u32 key = 0, *retracted = bpf_map_lookup_elem(&retracted_1, &key);

	if (!sk || !retracted || *retracted)
		return 0;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != IPPROTO_TCP)
		return 0;
	switch (sk->state) {
	case BPF_TCP_ESTABLISHED:
	case BPF_TCP_FIN_WAIT1:
	case BPF_TCP_FIN_WAIT2:
	case BPF_TCP_CLOSE_WAIT:
	case BPF_TCP_LAST_ACK:
	case BPF_TCP_CLOSING:
		return 1;
	default:
		return 0;
	}
}

always int refuse(int errno)
{
	bpf_set_retval(-errno);
	return REFUSE;
}

always int is_loopback4(__u32 a)
{
	return (a & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

always int is_any6(const __u32 *a)
{
	return !(a[0] | a[1] | a[2] | a[3]);
}

always int is_loopback6(const __u32 *a)
{
	return !(a[0] | a[1] | a[2]) && a[3] == bpf_htonl(1);
}

always int is_mapped(const __u32 *a)
{
	return !(a[0] | a[1]) && a[2] == bpf_htonl(0xffff);
}

always void map4(__u32 *to, __u32 a)
{
	to[0] = to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = a;
}

always int is_own4(const struct ipv4root_entry *e, __u32 a)
{
	for (int i = 0; i < IPV4ROOT_MAX && i < e->count4; i++)
		if (e->address4[i] == a)
			return 1;
	return a == e->loopback4;
}

always int is_own6(const struct ipv4root_entry *e, const __u32 *a)
{
	for (int i = 0; i < IPV4ROOT_MAX && i < e->count6; i++)
		if (e->address6[i][0] == a[0] && e->address6[i][1] == a[1] && e->address6[i][2] == a[2] && e->address6[i][3] == a[3])
			return 1;
	return 0;
}

/* the source for a destination: of its network, else the first; 0 where there is none */
always __u32 source4(const struct ipv4root_entry *e, __u32 to)
{
	if (to == e->loopback4)
		return e->loopback4;
	for (int i = 0; i < IPV4ROOT_MAX && i < e->count4; i++)
		if (e->mask4[i] && !((e->address4[i] ^ to) & e->mask4[i]))
			return e->address4[i];
	return e->count4 ? e->address4[0] : 0;
}

always const __u32 *source6(const struct ipv4root_entry *e, const __u32 *to)
{
	for (int i = 0; i < IPV4ROOT_MAX && i < e->count6; i++) {
		const __u32 *a = e->address6[i], *m = e->mask6[i];

		if ((m[0] | m[1] | m[2] | m[3]) &&
		    !(((a[0] ^ to[0]) & m[0]) | ((a[1] ^ to[1]) & m[1]) | ((a[2] ^ to[2]) & m[2]) | ((a[3] ^ to[3]) & m[3])))
			return a;
	}
	return e->count6 ? e->address6[0] : NULL;
}

/* Low ports are for who may bind them in the vserver: root there, or a program with the file capability; but not for one who became root in a
 * user namespace of his own below it. */
always int allow_bind(const struct ipv4root_entry *e)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u32 capabilities = 0;

	if (!e->userns || BPF_CORE_READ(cred, user_ns, ns.inum) != e->userns)
		return ALLOW;
	bpf_probe_read_kernel(&capabilities, sizeof(capabilities), (void *)cred + bpf_core_field_offset(cred->cap_effective));
	return capabilities & (1u << CAP_NET_BIND_SERVICE) ? ALLOW_LOW_PORT : ALLOW;
}

always int is_v6only(struct bpf_sock_addr *ctx)
{
	void *sk = ctx->sk;
	__u64 address = 0;

	/* the verifier lets nobody calculate with a socket's pointer, so it is read as a number from the stack */
	bpf_probe_read_kernel(&address, sizeof(address), &sk);
	return BPF_CORE_READ_BITFIELD_PROBED((struct sock_common *)address, skc_ipv6only);
}

always void remember_wildcard(struct bpf_sock_addr *ctx)
{
	__u64 id = bpf_get_current_ancestor_cgroup_id(level);

	if (ctx->sk)
		bpf_sk_storage_get(&wildcard, ctx->sk, &id, BPF_SK_STORAGE_GET_F_CREATE);
}

SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *sk)
{
	struct ipv4root_entry *e = tie_of_task();

	if (!e)
		return ALLOW;
	if (sk->family == AF_INET6 && !e->count6)
		return refuse(EAFNOSUPPORT);
	if (e->flags & IPV4ROOT_RAW)
		return ALLOW;
	if (sk->type == SOCK_RAW)
		return refuse(EPERM);
	/* ping, SCTP, L2TP … have a bind() of their own, without a hook */
	switch (sk->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_MPTCP:
		return ALLOW;
	default:
		return refuse(sk->type == SOCK_DGRAM ? EPERM : EPROTONOSUPPORT);
	}
}

/* what *a becomes; 0, or an errno */
always int own_for_bind4(struct bpf_sock_addr *ctx, const struct ipv4root_entry *e, __u32 *a)
{
	if (is_loopback4(*a)) {
		*a = e->loopback4;
		return 0;
	}
	if (*a == 0) {
		remember_wildcard(ctx);
		/* only IPv6 addresses: nothing of IPv4 but the loopback */
		if (ctx->type != SOCK_DGRAM || !(e->flags & IPV4ROOT_UDP_WILDCARD))
			*a = e->count4 ? e->address4[0] : e->loopback4;
		return 0;
	}
	if (e->broadcast4 && *a == e->broadcast4 && ctx->type == SOCK_DGRAM)
		return 0;
	return is_own4(e, *a) ? 0 : EADDRNOTAVAIL;
}

SEC("cgroup/bind4")
int bind4(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = entry_of_task();
	__u32 a = ctx->user_ip4;
	int errno;

	if (!e)
		return ALLOW;
	if (!(e->flags & IPV4ROOT_UNTIED)) {
		errno = own_for_bind4(ctx, e, &a);
		if (errno)
			return refuse(errno);
		ctx->user_ip4 = a;
	}
	return allow_bind(e);
}

always void set6(struct bpf_sock_addr *ctx, const __u32 *a)
{
	ctx->user_ip6[0] = a[0];
	ctx->user_ip6[1] = a[1];
	ctx->user_ip6[2] = a[2];
	ctx->user_ip6[3] = a[3];
}

always int own_for_bind6(struct bpf_sock_addr *ctx, const struct ipv4root_entry *e, __u32 *a)
{
	__u32 a4 = 0;
	int errno;

	if (is_any6(a) && (is_v6only(ctx) || !e->count4)) {
		if (!e->count6)
			return EADDRNOTAVAIL;
		__builtin_memcpy(a, e->address6[0], 16);
		remember_wildcard(ctx);
		return 0;
	}
	/* A socket of both families stays one as ::ffff:a.b.c.d only: at an IPv6 address the kernel makes it IPv6 alone (__inet6_bind). And ::1 is
	 * one for the whole host, so the private loopback has to be the IPv4 one. */
	if (is_any6(a) || is_loopback6(a) || is_mapped(a)) {
		a4 = is_any6(a) ? 0 : is_loopback6(a) ? e->loopback4 : a[3];
		errno = own_for_bind4(ctx, e, &a4);
		if (!errno && !(is_any6(a) && !a4))
			map4(a, a4);
		return errno;
	}
	return is_own6(e, a) ? 0 : EADDRNOTAVAIL;
}

SEC("cgroup/bind6")
int bind6(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = entry_of_task();
	__u32 a[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
	int result;

	if (!e)
		return ALLOW;
	if (!(e->flags & IPV4ROOT_UNTIED)) {
		int errno = own_for_bind6(ctx, e, a);

		if (errno)
			return refuse(errno);
		set6(ctx, a);
	}
	result = allow_bind(e);
	asm volatile("" : "+r"(result)); /* the verifier wants to see 0 to 3 */
	return result & 3;
}

/* Whether a socket is bound to exactly this address and port, or is an own one that is bound to none. */
always int is_served4(struct bpf_sock_addr *ctx, __u32 a)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	__u64 *owner;
	int found;

	t.ipv4.daddr = t.ipv4.saddr = a;
	t.ipv4.dport = ctx->user_port;
	sk = ctx->type == SOCK_DGRAM ? bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0)
				     : bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	found = sk->src_ip4 == a;
	if (!sk->src_ip4) {
		owner = bpf_sk_storage_get(&wildcard, sk, 0, 0);
		found = owner && *owner == bpf_get_current_ancestor_cgroup_id(level);
	}
	bpf_sk_release(sk);
	return found;
}

always int is_served6(struct bpf_sock_addr *ctx, const __u32 *a)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	int found;

	__builtin_memcpy(t.ipv6.daddr, a, 16);
	__builtin_memcpy(t.ipv6.saddr, a, 16);
	t.ipv6.dport = ctx->user_port;
	sk = ctx->type == SOCK_DGRAM ? bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0)
				     : bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	found = sk->src_ip6[0] == a[0] && sk->src_ip6[1] == a[1] && sk->src_ip6[2] == a[2] && sk->src_ip6[3] == a[3];
	bpf_sk_release(sk);
	return found;
}

/* Where the guest's own 127.0.0.1 leads: to its private loopback, else to its services on 0.0.0.0, which are bound to the first address. Else 0:
 * at the same port of the loopback network others may serve, who are bound to the host's 0.0.0.0. */
always __u32 loopback_target(struct bpf_sock_addr *ctx, const struct ipv4root_entry *e)
{
	if (is_served4(ctx, e->loopback4))
		return e->loopback4;
	if (e->count4 && is_served4(ctx, e->address4[0]))
		return e->address4[0];
	return 0;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = tie_of_task();
	struct address4 from = { .family = AF_INET };
	__u32 to = ctx->user_ip4;

	if (!e)
		return ALLOW;
	if (!to || is_loopback4(to)) {
		to = loopback_target(ctx, e);
		if (!to)
			return refuse(ECONNREFUSED);
		ctx->user_ip4 = to;
	}
	/* bound before, hence checked before; and what was taken away since is caught at egress */
	if (ctx->sk && ctx->sk->src_ip4)
		return ALLOW;
	from.address = source4(e, to);
	if (!from.address || bpf_bind(ctx, (struct sockaddr *)&from, sizeof(from)))
		return refuse(EADDRNOTAVAIL);
	return ALLOW;
}

always int bind_source6(struct bpf_sock_addr *ctx, const __u32 *a)
{
	struct address6 from = { .family = AF_INET6 };

	__builtin_memcpy(from.address, a, 16);
	return bpf_bind(ctx, (struct sockaddr *)&from, sizeof(from)) ? refuse(EADDRNOTAVAIL) : ALLOW;
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = tie_of_task();
	__u32 to[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
	__u32 from4[4];
	const __u32 *from;

	if (!e)
		return ALLOW;
	if (is_any6(to) || is_loopback6(to) || (is_mapped(to) && (!to[3] || is_loopback4(to[3])))) {
		__u32 to4 = loopback_target(ctx, e);

		if (to4)
			map4(to, to4);
		else if (e->count6 && is_served6(ctx, e->address6[0]))
			__builtin_memcpy(to, e->address6[0], 16);
		else
			return refuse(ECONNREFUSED);
		set6(ctx, to);
	}
	if (!ctx->sk)
		return refuse(EADDRNOTAVAIL);
	if (is_mapped(to)) {
		if (ctx->sk->src_ip4)
			return ALLOW;
		map4(from4, source4(e, to[3]));
		return from4[3] ? bind_source6(ctx, from4) : refuse(EADDRNOTAVAIL);
	}
	if (ctx->sk->src_ip6[0] | ctx->sk->src_ip6[1] | ctx->sk->src_ip6[2] | ctx->sk->src_ip6[3])
		return ALLOW;
	from = source6(e, to);
	return from ? bind_source6(ctx, from) : refuse(EADDRNOTAVAIL);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = tie_of_task();
	__u32 to = ctx->user_ip4;

	if (!e)
		return ALLOW;
	if (!ctx->user_family) {
		/* a connected socket with control data: no destination is given here */
		to = ctx->sk ? ctx->sk->dst_ip4 : 0;
	} else if (!to || is_loopback4(to)) {
		to = loopback_target(ctx, e);
		if (!to)
			return refuse(ECONNREFUSED);
		ctx->user_ip4 = to;
	}
	/* answers to it come to a socket that is bound to no address */
	if (ctx->sk && !ctx->sk->src_ip4)
		remember_wildcard(ctx);
	/* unbound, or somebody else's by IP_PKTINFO */
	if (!is_own4(e, ctx->msg_src_ip4)) {
		__u32 from = source4(e, to);

		if (!from)
			return refuse(EADDRNOTAVAIL);
		ctx->msg_src_ip4 = from;
	}
	return ALLOW;
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e = tie_of_task();
	__u32 to[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
	__u32 from[4] = { ctx->msg_src_ip6[0], ctx->msg_src_ip6[1], ctx->msg_src_ip6[2], ctx->msg_src_ip6[3] };
	const __u32 *own;

	if (!e)
		return ALLOW;
	/* IPv4 in IPv6 clothes goes on to sendmsg4 */
	if (is_mapped(to))
		return ALLOW;
	if (ctx->user_family && (is_any6(to) || is_loopback6(to))) {
		/* the kernel takes no IPv4 address here (udpv6_sendmsg: ENOTSUPP), so the private loopback cannot be reached this way */
		if (!e->count6 || !is_served6(ctx, e->address6[0]))
			return refuse(ECONNREFUSED);
		__builtin_memcpy(to, e->address6[0], 16);
		set6(ctx, to);
	}
	if (!is_own6(e, from)) {
		own = source6(e, to);
		if (!own)
			return refuse(EADDRNOTAVAIL);
		ctx->msg_src_ip6[0] = own[0];
		ctx->msg_src_ip6[1] = own[1];
		ctx->msg_src_ip6[2] = own[2];
		ctx->msg_src_ip6[3] = own[3];
	}
	return ALLOW;
}

/* The guest is shown 127.0.0.1 for its private loopback. */
always int show4(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e;

	if (!is_loopback4(ctx->user_ip4))
		return ALLOW;
	e = tie_of_task();
	if (e && ctx->user_ip4 == e->loopback4)
		ctx->user_ip4 = bpf_htonl(0x7f000001);
	return ALLOW;
}

always int show6(struct bpf_sock_addr *ctx)
{
	struct ipv4root_entry *e;

	if (ctx->user_ip6[0] || ctx->user_ip6[1] || ctx->user_ip6[2] != bpf_htonl(0xffff) || !is_loopback4(ctx->user_ip6[3]))
		return ALLOW;
	e = tie_of_task();
	if (e && ctx->user_ip6[3] == e->loopback4)
		ctx->user_ip6[3] = bpf_htonl(0x7f000001);
	return ALLOW;
}

SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getsockname4")
int getsockname4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/recvmsg6")
int recvmsg6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup/getsockname6")
int getsockname6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup_skb/ingress")
int ingress(struct __sk_buff *skb)
{
	struct ipv4root_entry *e;
	__u32 a[8] = {};

	if (is_standing_connection(skb))
		return ALLOW;
	e = tie_of_packet(skb);
	if (!e)
		return ALLOW;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		/* RFC 791: source at 12, destination at 16 */
		if (bpf_skb_load_bytes_relative(skb, 12, a, 8, BPF_HDR_START_NET))
			return REFUSE;
		if (a[1] == e->loopback4)
			return is_own4(e, a[0]);
		return is_own4(e, a[1]) || (e->broadcast4 && a[1] == e->broadcast4);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		/* RFC 8200: destination at 24 */
		if (bpf_skb_load_bytes_relative(skb, 24, a, 16, BPF_HDR_START_NET))
			return REFUSE;
		return is_own6(e, a);
	}
	return REFUSE;
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff *skb)
{
	struct ipv4root_entry *e;
	__u32 a[4] = {};

	if (is_standing_connection(skb))
		return ALLOW;
	e = tie_of_packet(skb);
	if (!e)
		return ALLOW;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return bpf_skb_load_bytes_relative(skb, 12, a, 4, BPF_HDR_START_NET) ? REFUSE : is_own4(e, a[0]);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return bpf_skb_load_bytes_relative(skb, 8, a, 16, BPF_HDR_START_NET) ? REFUSE : is_own6(e, a);
	return REFUSE;
}

/* A TCP socket begins to listen. One that asked for 0.0.0.0 or [::] is bound to the first address and entered here for the others; one that asked
 * for a further address is entered there too, so that it comes before. */
SEC("sockops")
int listening(struct bpf_sock_ops *ctx)
{
	struct ipv4root_listener key = {};
	struct ipv4root_entry *e;
	struct bpf_sock *sk;
	__u64 *wild, id;

	if (ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB)
		return 1;
	sk = ctx->sk;
	if (!sk)
		return 1;
	key.port = ctx->local_port;
	wild = bpf_sk_storage_get(&wildcard, sk, 0, 0);
	if (!wild) {
		id = ancestor_id(BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), cgroups, dfl_cgrp), level);
		e = bpf_map_lookup_elem(&vservers_1, &id);
		if (!e || (e->flags & IPV4ROOT_UNTIED))
			return 1;
		if (sk->src_ip4) {
			/* nobody else is entered for these two */
			if (sk->src_ip4 == e->loopback4 || (e->count4 && sk->src_ip4 == e->address4[0]))
				return 1;
			map4(key.address, sk->src_ip4);
		} else {
			key.address[0] = sk->src_ip6[0];
			key.address[1] = sk->src_ip6[1];
			key.address[2] = sk->src_ip6[2];
			key.address[3] = sk->src_ip6[3];
		}
		if (!is_any6(key.address))
			bpf_sock_hash_update(ctx, &further_1, &key, BPF_ANY);
		return 1;
	}
	id = *wild;
	e = bpf_map_lookup_elem(&vservers_1, &id);
	if (!e)
		return 1;
	/* the socket is of IPv6 alone, or of IPv4, or of both and bound to IPv4: then src_ip4 is there */
	if (sk->src_ip4)
		for (int i = 1; i < IPV4ROOT_MAX && i < e->count4; i++) {
			map4(key.address, e->address4[i]);
			bpf_sock_hash_update(ctx, &further_1, &key, BPF_NOEXIST);
		}
	if (sk->family == AF_INET6)
		for (int i = sk->src_ip4 ? 0 : 1; i < IPV4ROOT_MAX && i < e->count6; i++) {
			__builtin_memcpy(key.address, e->address6[i], 16);
			bpf_sock_hash_update(ctx, &further_1, &key, BPF_NOEXIST);
		}
	return 1;
}

SEC("sk_lookup")
int further_addresses(struct bpf_sk_lookup *ctx)
{
	struct ipv4root_listener key = { .port = ctx->local_port };
	struct bpf_sock *sk;

	if (ctx->protocol != IPPROTO_TCP)
		return SK_PASS;
	if (ctx->family == AF_INET) {
		__u32 a4 = ctx->local_ip4;

		asm volatile("" : "+r"(a4)); /* or the compiler reads the context by a calculated pointer, which the verifier refuses */
		map4(key.address, a4);
	} else {
		key.address[0] = ctx->local_ip6[0];
		key.address[1] = ctx->local_ip6[1];
		key.address[2] = ctx->local_ip6[2];
		key.address[3] = ctx->local_ip6[3];
	}
	sk = bpf_map_lookup_elem(&further_1, &key);
	if (!sk)
		return SK_PASS;
	bpf_sk_assign(ctx, sk, 0);
	bpf_sk_release(sk);
	return SK_PASS;
}

char _license[] SEC("license") = "GPL";
