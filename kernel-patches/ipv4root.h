/* SPDX-License-Identifier: GPL-2.0 */
/* What user space tells ipv4root.bpf.c about a vserver. Fixed layout without padding; VServerPanel.Native/Kernel/Ipv4RootEntry.cs has the same,
 * and a test compares the two. Whoever changes it renames the map, so that programs of another layout never read it. */
#ifndef IPV4ROOT_H
#define IPV4ROOT_H

#include <linux/types.h>

#define IPV4ROOT_MAX 16 /* addresses of each family, as many as chbind takes */

/* flags */
#define IPV4ROOT_UNTIED 1       /* IPROOT empty or ALL: any address; only the low ports are looked after */
#define IPV4ROOT_RAW 2          /* CAP_NET_RAW was given: raw, ping and other protocols; what they send still needs an own source */
#define IPV4ROOT_UDP_WILDCARD 4 /* IPROOTBCAST was set: UDP on 0.0.0.0 stays there, and gets own and broadcast addresses only */

/* Addresses are in network order. Value of the map `vservers_1`; the key is the 64 bit id of the vserver's cgroup. */
struct ipv4root_entry {
	__u32 flags;
	__u32 userns;     /* inode of the guest's user namespace: who has CAP_NET_BIND_SERVICE there may bind low ports; 0: nobody */
	__u32 count4;
	__u32 count6;
	__u32 loopback4;  /* what the guest's 127.0.0.0/8 and ::1 really are */
	__u32 broadcast4; /* 0: none */
	__u32 address4[IPV4ROOT_MAX];
	__u32 mask4[IPV4ROOT_MAX];
	__u32 address6[IPV4ROOT_MAX][4];
	__u32 mask6[IPV4ROOT_MAX][4];
};

/* Key of the map `further_1`: a listener that serves an address besides the one it is bound to. IPv4 as ::ffff:a.b.c.d. */
struct ipv4root_listener {
	__u32 address[4];
	__u32 port; /* host order */
};

#endif
