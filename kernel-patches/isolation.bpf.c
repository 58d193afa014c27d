// SPDX-License-Identifier: GPL-2.0
/* isolation: what contexts were for in 2002, where namespaces do not do it: signals from the host, names of abstract sockets, disks.
 *
 * Threat: an administrator whose `killall httpd` on the host would end every vserver's too; a program in a vserver that reaches services of the host or
 * of others by abstract unix sockets, which one network namespace has one set of names for; a program in a vserver that got hold of a disk.
 *
 *   task_kill           is the sender in the same vserver? Or is it the kernel, process 1, the target's parent, or who acts in a recorded step?
 *   unix_stream_connect, unix_may_send     is the abstract name one of the same vserver's?
 *   file_open           is it a block device?
 *
 * Who acts in a recorded step says so by an entry for itself in `signallers` (storage of its task: it ends with the task, and nobody inherits it by a
 * number that is used again); its children count as well, since it is a runtime that it makes do things.
 *
 * It does not stop: the kernel itself (out of memory, a terminal that hangs up, cgroup.kill, a parent that died), the host's root by ptrace or by
 * cgroup.kill; that a vserver takes an abstract name which the host wants (it only cannot be talked to by it); block devices that were open
 * before; and who is not in a vserver's cgroup.
 */
#include "cgroups.bpf.h"
#include "security.bpf.h"

#define SEND_SIG_PRIV 1 /* include/linux/sched/signal.h; SEND_SIG_NOINFO is 0 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct css_set *cgroups;
};
struct sock_cgroup_data {
	struct cgroup *cgroup;
};
struct sock {
	struct sock_cgroup_data sk_cgrp_data;
};
struct socket {
	struct sock *sk;
};
struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};
struct unix_address {
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct unix_address *addr;
};
#pragma clang attribute pop
struct kernel_siginfo;
struct cred;

/* Who may signal into vservers: 1. Made and removed by the thread group's first task itself. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} signallers SEC(".maps");

/* id of the cgroup of the vserver that a cgroup is or lies in; 0: the host */
always __u64 vserver_of(struct cgroup *cgroup)
{
	__u64 id = ancestor_id(cgroup, level);

	return bpf_map_lookup_elem(&contexts_1, &id) ? id : 0;
}

always int is_signaller(struct task_struct *leader)
{
	return leader && bpf_task_storage_get(&signallers, leader, 0, 0);
}

/* The verifier takes arguments of an lsm program for valid pointers and strikes comparisons out that it takes to be always true. So they are read
 * from the stack, where they are but numbers. */
always __u64 as_number(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

HOOK(task_kill)
int BPF_PROG(task_kill, struct task_struct *target, struct kernel_siginfo *info, int signal, const struct cred *cred)
{
	struct task_struct *me = bpf_get_current_task_btf();
	__u64 from = vserver_of_task(), to;

	/* the kernel on its own account, such as for a parent that died; or a device's answer to who asked for it, whoever runs now */
	if (as_number(info) <= SEND_SIG_PRIV || as_number(cred))
		return ALLOW;
	to = vserver_of(BPF_CORE_READ(target, cgroups, dfl_cgrp));
	if (from == to)
		return ALLOW;
	if (from)
		return refuse(EPERM);
	/* 0: only whether it is there, which the host sees anyway. Process 1 ends services and, at shutdown, all. */
	if (!signal || me->tgid == 1 || BPF_CORE_READ(target, real_parent, tgid) == me->tgid)
		return ALLOW;
	if (is_signaller(me->group_leader) || is_signaller(me->real_parent->group_leader))
		return ALLOW;
	return refuse(EPERM);
}

/* An abstract name of somebody else's. A path is for the file system to decide about, and without a name it was passed on. */
always int is_foreign_name(struct sock *other)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)other, addr);
	char first = 1;

	if (!address)
		return 0;
	bpf_probe_read_kernel(&first, sizeof(first), (void *)address + bpf_core_field_offset(struct unix_address, name) + bpf_core_field_offset(struct sockaddr_un, sun_path));
	return !first && vserver_of(BPF_CORE_READ(other, sk_cgrp_data.cgroup)) != vserver_of_task();
}

/* as if nobody listened there */
HOOK(unix_stream_connect)
int BPF_PROG(unix_stream_connect, struct sock *sock, struct sock *other)
{
	return is_foreign_name(other) ? refuse(ECONNREFUSED) : ALLOW;
}

HOOK(unix_may_send)
int BPF_PROG(unix_may_send, struct socket *sock, struct socket *other)
{
	struct sock *sk = other->sk;

	return sk && is_foreign_name(sk) ? refuse(ECONNREFUSED) : ALLOW;
}

HOOK(file_open)
int BPF_PROG(block_device_open, struct file *file)
{
	return (file->f_inode->i_mode & S_IFMT) == S_IFBLK && vserver_of_task() ? refuse(EPERM) : ALLOW;
}

char _license[] SEC("license") = "GPL";
