using System.Runtime.InteropServices;

namespace VServerPanel.Native.Kernel;

/// <summary>What the kernel is told about a vserver besides its addresses: <c>struct context_entry</c> of kernel-patches/contexts.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ContextEntry
{
    /// <summary>Name of the map; the number is the layout's.</summary>
    public const string Map = "contexts_1";

    /// <summary>Its number, for people.</summary>
    public uint Context;

    public uint Flags;
}
