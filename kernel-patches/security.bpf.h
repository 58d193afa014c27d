/* SPDX-License-Identifier: GPL-2.0 */
/* What iunlink.bpf.c and isolation.bpf.c share: one source for two kinds of program, and who is in a vserver.
 *
 * HOOK(name) is lsm/NAME; built with -DMODIFY_RETURN it is fmod_ret/security_NAME, for kernels without bpf among their security modules, where
 * programs of type lsm attach and never run. In both, a program that refuses ends the chain, so an earlier verdict stands.
 *
 * Arguments differ by kernel. A program whose name ends with a number is for kernels whose hook has that many arguments; it and a program whose
 * hook this kernel has not are left out by the loader (VServerPanel.Native/Kernel/SecurityObject.cs). */
#ifndef SECURITY_BPF_H
#define SECURITY_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "contexts.h"

#ifdef MODIFY_RETURN
#define HOOK(name) SEC("fmod_ret/security_" #name)
#else
#define HOOK(name) SEC("lsm/" #name)
#endif

#define always static __always_inline
#define ALLOW 0
#define EPERM 1
#define ECONNREFUSED 111
#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFBLK 0060000

/* The few kernel fields that are read; their places come from the running kernel's BTF. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inode {
	unsigned short i_mode;
	unsigned int i_flags;
	unsigned int i_nlink;
};
struct dentry {
	struct inode *d_inode;
};
struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
};
#pragma clang attribute pop

/* depth of a vserver's cgroup below the root: /vservers/NAME */
const volatile int level = 2;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct context_entry);
} contexts_1 SEC(".maps");

/* The verifier wants to see -4095 to 0, so the compiler must not calculate the answer. */
always long refuse(long errno)
{
	long answer = -errno;

	asm volatile("" : "+r"(answer));
	return answer;
}

/* id of the cgroup of the vserver that the calling task is in; 0: the host */
always __u64 vserver_of_task(void)
{
	__u64 id = bpf_get_current_ancestor_cgroup_id(level);

	return bpf_map_lookup_elem(&contexts_1, &id) ? id : 0;
}

#endif
