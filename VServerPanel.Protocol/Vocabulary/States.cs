using System.Text.Json.Serialization;

namespace VServerPanel.Protocol;

/// <summary>What a vserver is doing.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<VServerState>))]
public enum VServerState
{
    Stopped = 0,
    Starting = 1,
    Running = 2,
    Stopping = 3,

    /// <summary>It has a conf file and no tree yet: it is being created, or its tree is gone.</summary>
    Incomplete = 4,

    /// <summary>Its conf file cannot be used; the warning says why.</summary>
    Broken = 5,

    /// <summary>It is a stopped copy of another host's, and is not started unless it is promoted.</summary>
    Standby = 6,
}

/// <summary>What is process 1 in a vserver (design: Init styles).</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<InitStyle>))]
public enum InitStyle
{
    /// <summary>A reaper as process 1, then <c>/etc/init.d/rc 3</c>; for a root without init too.</summary>
    Sysv = 0,

    /// <summary>The guest's own <c>/sbin/init</c> (sysvinit, OpenRC, busybox).</summary>
    Init = 1,

    /// <summary>systemd.</summary>
    Systemd = 2,
}

/// <summary>How a vserver reaches the network.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<NetworkMode>))]
public enum NetworkMode
{
    /// <summary>The host's stack.</summary>
    Shared = 0,

    /// <summary>An own network namespace.</summary>
    Private = 1,
}

/// <summary>Where a new vserver's tree comes from.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<BuildMethod>))]
public enum BuildMethod
{
    /// <summary>mmdebstrap or debootstrap from a Debian mirror.</summary>
    Debootstrap = 0,

    /// <summary>A root tarball of any distribution.</summary>
    Tar = 1,

    /// <summary>An OCI image layout directory.</summary>
    Oci = 2,

    /// <summary>A copy of another vserver.</summary>
    Clone = 3,

    /// <summary>The empty directories of a root.</summary>
    Skeleton = 4,
}
