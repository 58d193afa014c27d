namespace VServerPanel.Native.Configuration;

/// <summary>How a vserver with a network of its own is connected.</summary>
internal enum LinkKind
{
    /// <summary>A pair of devices, one end in the vserver, the other a port of a bridge of the host.</summary>
    Bridge = 0,

    /// <summary>A device of its own on top of one of the host's. The host itself cannot be reached over it.</summary>
    Macvlan = 1,
}
