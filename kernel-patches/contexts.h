/* SPDX-License-Identifier: GPL-2.0 */
/* What user space tells iunlink.bpf.c and isolation.bpf.c about a vserver. VServerPanel.Native/Kernel/ContextEntry.cs has the same, and a test
 * compares the two. Whoever changes it renames the map, so that programs of another layout never read it. */
#ifndef CONTEXTS_H
#define CONTEXTS_H

#include <linux/types.h>

/* Value of the map `contexts_1`; the key is the 64 bit id of the vserver's cgroup. Each topic has a map of its own. */
struct context_entry {
	__u32 context; /* its number, for people: programs tell vservers apart by their cgroups */
	__u32 flags;   /* none yet */
};

#endif
