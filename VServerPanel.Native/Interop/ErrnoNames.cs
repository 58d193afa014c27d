using VServerPanel.Protocol;

namespace VServerPanel.Native.Interop;

/// <summary>Names of errno numbers and the one table that maps them to problems (asm-generic/errno.h).</summary>
internal static class ErrnoNames
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, ENOEXEC = 8, EAGAIN = 11, EACCES = 13, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21,
        EINVAL = 22, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, ENOSPC = 28, EROFS = 30, EMLINK = 31, ERANGE = 34, ENAMETOOLONG = 36, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, ENODATA = 61, EOPNOTSUPP = 95, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ECONNREFUSED = 111, EDQUOT = 122;

    private static readonly Dictionary<int, (string Name, ProblemCode Code)> s_table = new()
    {
        [EPERM] = ("EPERM", ProblemCode.NotPermitted),
        [ENOENT] = ("ENOENT", ProblemCode.NotFound),
        [ESRCH] = ("ESRCH", ProblemCode.NotFound),
        [EINTR] = ("EINTR", ProblemCode.InputOutput),
        [EIO] = ("EIO", ProblemCode.InputOutput),
        [ENOEXEC] = ("ENOEXEC", ProblemCode.Unsupported),
        [EAGAIN] = ("EAGAIN", ProblemCode.Busy),
        [EACCES] = ("EACCES", ProblemCode.NotPermitted),
        [EBUSY] = ("EBUSY", ProblemCode.Busy),
        [EEXIST] = ("EEXIST", ProblemCode.AlreadyExists),
        [EXDEV] = ("EXDEV", ProblemCode.InputOutput),
        [ENODEV] = ("ENODEV", ProblemCode.NotFound),
        [ENOTDIR] = ("ENOTDIR", ProblemCode.NotFound),
        [EISDIR] = ("EISDIR", ProblemCode.InvalidArgument),
        [EINVAL] = ("EINVAL", ProblemCode.Unsupported),
        [ETXTBSY] = ("ETXTBSY", ProblemCode.Busy),
        [ENOTTY] = ("ENOTTY", ProblemCode.Unsupported),
        [ENOSPC] = ("ENOSPC", ProblemCode.NoSpace),
        [EROFS] = ("EROFS", ProblemCode.NotPermitted),
        [ENOSYS] = ("ENOSYS", ProblemCode.Unsupported),
        [ENOTEMPTY] = ("ENOTEMPTY", ProblemCode.AlreadyExists),
        [ELOOP] = ("ELOOP", ProblemCode.InputOutput),
        [ENODATA] = ("ENODATA", ProblemCode.NotFound),
        [EOPNOTSUPP] = ("EOPNOTSUPP", ProblemCode.Unsupported),
        [EADDRINUSE] = ("EADDRINUSE", ProblemCode.AddressInUse),
        [EADDRNOTAVAIL] = ("EADDRNOTAVAIL", ProblemCode.InvalidArgument),
        [EDQUOT] = ("EDQUOT", ProblemCode.NoSpace),
    };

    public static string NameOf(int errno) => s_table.TryGetValue(errno, out var row) ? row.Name : $"errno {errno}";

    public static ProblemCode ProblemOf(int errno) => s_table.TryGetValue(errno, out var row) ? row.Code : ProblemCode.InputOutput;
}
