/* SPDX-License-Identifier: GPL-2.0 */
/* The id of the cgroup that a cgroup is or lies in at a depth, where no helper tells it: for another task, for a socket, for sockops before 6.9. */
#ifndef CGROUPS_BPF_H
#define CGROUPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct kernfs_node {
	__u64 id;
} __attribute__((preserve_access_index));
struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[0]; /* since 6.1 */
} __attribute__((preserve_access_index));
struct css_set {
	struct cgroup *dfl_cgrp;
} __attribute__((preserve_access_index));

/* 0: it does not lie so deep */
static __always_inline __u64 ancestor_id(struct cgroup *cgroup, int level)
{
	struct cgroup *ancestor = NULL;

	if (!cgroup || BPF_CORE_READ(cgroup, level) < level)
		return 0;
	bpf_probe_read_kernel(&ancestor, sizeof(ancestor), (void *)cgroup + bpf_core_field_offset(struct cgroup, ancestors) + level * sizeof(ancestor));
	return BPF_CORE_READ(ancestor, kn, id);
}

#endif
