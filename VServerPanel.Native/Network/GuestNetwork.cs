using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Isolation;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Network;

/// <summary>The network namespace of a vserver.</summary>
internal sealed class GuestNetwork : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private GuestNetwork(SafeFileHandle handle) => Handle = handle;

    /// <summary>Keeps it from going.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>That of a process.</summary>
    /// <exception cref="ProblemException">Internal: the process is in ours.</exception>
    public static GuestNetwork Of(int pid)
    {
        var handle = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net"), Libc.O_RDONLY);
        using var own = Libc.open("/proc/self/ns/net", Libc.O_RDONLY);
        if (Libc.fstatx(handle).Inode == Libc.fstatx(own).Inode)
        {
            handle.Dispose();
            throw new ProblemException(ProblemCode.Internal, "The vserver's first process is in the host's network, and was to have one of its own.");
        }

        return new GuestNetwork(handle);
    }

    /// <summary>Brings loopback and link up and gives it the conf file's addresses and routes.</summary>
    public void Configure(VServerConf conf) => Do(socket =>
    {
        foreach (var link in socket.ListLinks())
        {
            if (link.IsLoopback)
            {
                socket.SetUp(link);
            }
            else if (link.Name == LinkPlan.GuestDevice)
            {
                foreach (var address in conf.Addresses)
                {
                    socket.Add(link.Index, address.Address, conf.PrefixOf(address)!.Value, Broadcast(conf, address), label: null);
                }

                BringUp(socket, link);
                foreach (var gateway in conf.Gateways)
                {
                    socket.AddDefaultRoute(link, gateway);
                }
            }
        }

        return true;
    });

    /// <summary>What its devices have beyond loopback and the link itself.</summary>
    public IReadOnlyList<IPAddress> ListAddresses() => Do<IReadOnlyList<IPAddress>>(socket =>
        [.. socket.List().Select(a => a.Address).Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal)]);

    /// <summary>Removes the link, so that nothing of it waits for the kernel to see that the namespace is unused.</summary>
    public void RemoveLink() => Do(socket => socket.FindLink(LinkPlan.GuestDevice) is { } link && socket.RemoveLink(link));

    public void Dispose() => Handle.Dispose();

    // setns(2) changes the calling thread only; a socket stays in the namespace in which it was made
    private T Do<T>(Func<RouteSocket, T> work) => PrivateMounts.OnOwnThread(() =>
    {
        ErrnoException.ThrowIfFailed(Libc.setns(Handle, Libc.CLONE_NEWNET), "setns(CLONE_NEWNET)");
        using var socket = new RouteSocket();
        return work(socket);
    });

    // a macvlan of an earlier life, which ended by itself, has this hardware address until the kernel has cleared up
    private static void BringUp(RouteSocket socket, HostLink link)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                socket.SetUp(link);
                return;
            }
            catch (ErrnoException e) when (e.Errno is ErrnoNames.EADDRINUSE or ErrnoNames.EBUSY && watch.Elapsed < s_patience)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static IPAddress? Broadcast(VServerConf conf, ConfAddress address) =>
        address.IsIPv6 ? null : conf.Broadcast ?? ConfReader.BroadcastOf(conf.NetworkOf(address));
}
