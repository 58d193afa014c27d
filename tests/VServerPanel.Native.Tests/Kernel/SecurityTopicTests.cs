using System.Globalization;
using System.Runtime.CompilerServices;
using VServerPanel.Native.ChildProcesses;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Kernel;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Kernel;

/// <summary>What of iunlink and isolation can be known without a kernel that takes them. Tests in virtual machines have the rest.</summary>
public sealed class SecurityTopicTests
{
    [Theory]
    [InlineData("lsm/inode_setattr", "inode_setattr_2", "bpf_lsm_inode_setattr", 2, true)]
    [InlineData("lsm/inode_setattr", "inode_setattr_3", "bpf_lsm_inode_setattr", 2, false)]
    [InlineData("fmod_ret/security_inode_setattr", "inode_setattr_3", "security_inode_setattr", 3, true)]
    [InlineData("fmod_ret/security_inode_setattr", "inode_setattr_2", "security_inode_setattr", 3, false)]
    [InlineData("lsm/inode_set_acl", "inode_set_acl", "bpf_lsm_inode_set_acl", 4, true)]
    [InlineData("lsm/inode_set_acl", "inode_set_acl", "another_function", 4, false)]
    public void IsFor_Kernel_ByItsHooks(string section, string name, string function, int arguments, bool expected) =>
        Assert.Equal(expected, SecurityTopic.IsFor(new BpfProgram(0, name, section), f => f == function ? arguments : null));

    [Theory]
    [InlineData("vfs_read", 4)]
    [InlineData("no_such_function_here", null)]
    public void ArgumentsOf_ThisKernel_AreCounted(string function, int? expected)
    {
        Assert.SkipUnless(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel has no type information");
        using var types = Libbpf.btf__load_vmlinux_btf();
        Assert.Equal(expected, Libbpf.ArgumentsOf(types, function));
    }

    [Theory]
    [InlineData("iunlink", "file_open file_ioctl file_ioctl_compat inode_file_setattr inode_remove_acl inode_removexattr inode_set_acl inode_setattr inode_setxattr")]
    [InlineData("isolation", "file_open task_kill unix_may_send unix_stream_connect")]
    public void Objects_OfATopic_HaveTheSameHooksBothWays(string topic, string hooks)
    {
        var expected = hooks.Split(' ').Order(StringComparer.Ordinal);
        Assert.Equal(expected, Sections($"{topic}.bpf.o", "lsm/"));
        Assert.Equal(expected, Sections($"{topic}.fmod_ret.bpf.o", "fmod_ret/security_"));
    }

    [Fact]
    public void Entry_AgainstTheHeader_IsTheSame()
    {
        var entry = default(ContextEntry);
        var ours = string.Create(CultureInfo.InvariantCulture, $"{Unsafe.SizeOf<ContextEntry>()} {Offset(ref entry, ref entry.Context)} {Offset(ref entry, ref entry.Flags)}\n");
        Assert.Equal(ours, ProbeProgram.RunC("""
            #include <stdio.h>
            #include <stddef.h>
            #include "contexts.h"
            int main(void)
            {
                printf("%zu %zu %zu\n", sizeof(struct context_entry), offsetof(struct context_entry, context), offsetof(struct context_entry, flags));
                return 0;
            }
            """));
        Assert.Contains(ContextEntry.Map, File.ReadAllText(ProbeProgram.Sources + "/security.bpf.h"), StringComparison.Ordinal);
    }

    [Fact]
    public void WhyNot_KernelThatRefuses_HasAReasonOfEachWayAndLeavesNothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "loading BPF programs needs root");
        using var prefix = new PrivatePrefix();
        Environment.SetEnvironmentVariable("VSERVER_COMMAND", HostCommand.Path);
        foreach (var topic in new Native.Kernel.Contexts(prefix.Paths, ProbeProgram.Objects).Topics)
        {
            try
            {
                if (topic.WhyNot() is { } whyNot)
                {
                    Assert.Contains("By lsm: ", whyNot, StringComparison.Ordinal);
                    Assert.Contains("By fmod_ret: ", whyNot, StringComparison.Ordinal);
                    Assert.False(Directory.Exists(topic.PinsDirectory));
                }
                else
                {
                    Assert.True(topic.LoadedWay is "lsm" or "fmod_ret");
                }
            }
            finally
            {
                topic.Unload();
            }
        }

        Native.Limits.CgroupTree.Detect().Remove(prefix.Paths.CgroupParent);
    }

    [Fact]
    public void EnterCgroup_NoObjects_SaysWhyOfEachTopic()
    {
        using var prefix = new PrivatePrefix();
        var failed = new Native.Kernel.Contexts(prefix.Paths, "/nonexistent").EnterCgroup("/sys/fs/cgroup", 2);
        Assert.Equal(["iunlink", "isolation"], failed.Select(f => f.Topic));
        Assert.All(failed, f => Assert.Contains("/nonexistent/", f.WhyNot, StringComparison.Ordinal));
    }

    [Fact]
    public void Take_NothingLoaded_DoesNothing()
    {
        using var prefix = new PrivatePrefix();
        using var allowance = SignalAllowance.Take(prefix.Paths);
        Assert.NotNull(allowance);
    }

    [Theory]
    [InlineData("connect 0", true)]
    [InlineData("connect 111\nsignal 1", false)]
    public void Check_Answer_AgainstWhatWasToCome(string answer, bool isProblem)
    {
        if (isProblem)
        {
            Assert.Equal(ProblemCode.Unsupported, Assert.Throws<Native.Operations.ProblemException>(() => SelfTestAnswer.Check(answer, "connect 111")).Code);
        }
        else
        {
            SelfTestAnswer.Check(answer, "connect 111", "signal 1");
        }
    }

    // "  3 lsm/file_open  00000110 0000000000000000 TEXT"
    private static IEnumerable<string> Sections(string file, string kind) =>
        new ChildProcess { Program = "llvm-objdump", Arguments = ["--section-headers", $"{ProbeProgram.Objects}/{file}"] }.Run().Split('\n')
            .SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w.StartsWith(kind, StringComparison.Ordinal)))
            .Select(s => s[kind.Length..])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

    private static int Offset<TField>(ref ContextEntry whole, ref TField field)
        where TField : struct => (int)Unsafe.ByteOffset(ref Unsafe.As<ContextEntry, byte>(ref whole), ref Unsafe.As<TField, byte>(ref field));
}
