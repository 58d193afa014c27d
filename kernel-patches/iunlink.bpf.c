// SPDX-License-Identifier: GPL-2.0
/* iunlink: the "immutable linkage invert" flag of 2002, for files that several vservers share by hard links.
 *
 * Threat: root inside a vserver, who owns the inode of a shared file as all the others do, and would change their file with his.
 *
 * Shared is a regular file with more than one link and the inode flags noatime and sync (chattr +A +S), which ext4, xfs and btrfs keep. From inside a
 * vserver its content and its inode cannot be changed; its name can: it may be read, linked, renamed, replaced and unlinked, which is all that a
 * package manager does. The host is not hindered. The last link left is an ordinary file again.
 *
 *   file_open           for writing, or with O_TRUNC?
 *   inode_setattr       chmod, chown, utimes, truncate: all of them come through notify_change()
 *   inode_setxattr, inode_removexattr, inode_set_acl, inode_remove_acl
 *   file_ioctl, file_ioctl_compat, inode_file_setattr     is it the flags themselves, or else the inode, that would be changed?
 *
 * Not asked: inode_permission, which runs for each component of each path.
 *
 * It does not stop: writing through a descriptor that was opened before the file was shared (so a fresh inode is shared, never one that a vserver made);
 * locks and leases, which the vservers of a shared file see of each other; and who is not in a vserver's cgroup.
 */
#include "security.bpf.h"

#define FMODE_WRITE 2
#define O_TRUNC 01000
#define S_SYNC 1
#define S_NOATIME 2

/* linux/fs.h, linux/fsverity.h, fs/ext4/ext4.h; the second of a pair as 32 bit programs call it */
#define FS_IOC_SETFLAGS 0x40086602
#define FS_IOC32_SETFLAGS 0x40046602
#define FS_IOC_SETVERSION 0x40087602
#define FS_IOC32_SETVERSION 0x40047602
#define EXT4_IOC_SETVERSION 0x40086604
#define EXT4_IOC32_SETVERSION 0x40046604
#define EXT4_IOC_MIGRATE 0x6609
#define FS_IOC_FSSETXATTR 0x401c5820
#define FS_IOC_ENABLE_VERITY 0x40806685

always int protect(struct inode *inode)
{
	if (!inode || (inode->i_mode & S_IFMT) != S_IFREG || inode->i_nlink < 2 || (inode->i_flags & (S_NOATIME | S_SYNC)) != (S_NOATIME | S_SYNC))
		return ALLOW;
	return vserver_of_task() ? refuse(EPERM) : ALLOW;
}

HOOK(file_open)
int BPF_PROG(file_open, struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE) && !(file->f_flags & O_TRUNC))
		return ALLOW;
	return protect(file->f_inode);
}

HOOK(inode_setattr)
int BPF_PROG(inode_setattr_2, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

/* since 6.9, the function since 6.1: the mapping of ids comes first */
HOOK(inode_setattr)
int BPF_PROG(inode_setattr_3, void *idmap, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

HOOK(inode_setxattr)
int BPF_PROG(inode_setxattr, void *idmap, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

HOOK(inode_removexattr)
int BPF_PROG(inode_removexattr, void *idmap, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

/* since 6.2; before, ACLs come by inode_setxattr */
HOOK(inode_set_acl)
int BPF_PROG(inode_set_acl, void *idmap, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

HOOK(inode_remove_acl)
int BPF_PROG(inode_remove_acl, void *idmap, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

always int changes_inode(unsigned int command)
{
	switch (command) {
	case FS_IOC_SETFLAGS:
	case FS_IOC32_SETFLAGS:
	case FS_IOC_SETVERSION:
	case FS_IOC32_SETVERSION:
	case EXT4_IOC_SETVERSION:
	case EXT4_IOC32_SETVERSION:
	case EXT4_IOC_MIGRATE:
	case FS_IOC_FSSETXATTR:
	case FS_IOC_ENABLE_VERITY:
		return 1;
	default:
		return 0;
	}
}

HOOK(file_ioctl)
int BPF_PROG(file_ioctl, struct file *file, unsigned int command)
{
	return changes_inode(command) ? protect(file->f_inode) : ALLOW;
}

/* since 6.8 and late releases of the older kernels; before, file_ioctl sees 32 bit programs too */
HOOK(file_ioctl_compat)
int BPF_PROG(file_ioctl_compat, struct file *file, unsigned int command)
{
	return changes_inode(command) ? protect(file->f_inode) : ALLOW;
}

/* since 6.17: file_setattr(2), and the two calls of ioctl besides */
HOOK(inode_file_setattr)
int BPF_PROG(inode_file_setattr, struct dentry *dentry)
{
	return protect(dentry->d_inode);
}

char _license[] SEC("license") = "GPL";
