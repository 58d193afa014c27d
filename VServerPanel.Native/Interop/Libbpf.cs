using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VServerPanel.Native.Interop;

/// <summary>The part of libbpf 1.0 and later (bpf/libbpf.h, bpf/bpf.h) that loads programs and keeps maps. Functions that answer an int answer -errno.</summary>
internal static partial class Libbpf
{
    private const string Library = "libbpf.so.1";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial BpfObject bpf_object__open_file(string path, nint options);

    [LibraryImport(Library)]
    internal static partial int bpf_object__load(BpfObject bpfObject);

    [LibraryImport(Library)]
    internal static partial nint bpf_object__next_program(BpfObject bpfObject, nint previous);

    [LibraryImport(Library)]
    internal static partial nint bpf_object__next_map(BpfObject bpfObject, nint previous);

    [LibraryImport(Library)]
    internal static partial nint bpf_program__name(nint program);

    [LibraryImport(Library)]
    internal static partial nint bpf_program__section_name(nint program);

    [LibraryImport(Library)]
    internal static partial int bpf_program__set_autoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(nint program);

    [LibraryImport(Library)]
    internal static partial int bpf_program__type(nint program);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLink bpf_program__attach_cgroup(nint program, SafeFileHandle cgroup);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLink bpf_program__attach_netns(nint program, SafeFileHandle networkNamespace);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial BpfLink bpf_program__attach(nint program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int bpf_link__pin(BpfLink link, string path);

    [LibraryImport(Library)]
    internal static partial int bpf_link_update(SafeFileHandle link, int program, nint options);

    [LibraryImport(Library)]
    internal static partial nint bpf_map__name(nint map);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool bpf_map__is_internal(nint map);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int bpf_map__set_pin_path(nint map, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int bpf_obj_get(string path);

    [LibraryImport(Library)]
    internal static unsafe partial int bpf_map_update_elem(SafeFileHandle map, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static unsafe partial int bpf_map_lookup_elem(SafeFileHandle map, void* key, void* value);

    [LibraryImport(Library)]
    internal static unsafe partial int bpf_map_delete_elem(SafeFileHandle map, void* key);

    [LibraryImport(Library)]
    internal static unsafe partial int bpf_map_get_next_key(SafeFileHandle map, void* key, void* next);

    [LibraryImport(Library)]
    internal static unsafe partial nint libbpf_set_print(delegate* unmanaged<int, byte*, void*, int> print);

    [LibraryImport(Library)]
    internal static partial int bpf_object__close(nint bpfObject);

    [LibraryImport(Library)]
    internal static partial int bpf_link__destroy(nint link);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial KernelTypes btf__load_vmlinux_btf();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int btf__find_by_name_kind(KernelTypes types, string name, uint kind);

    [LibraryImport(Library)]
    private static unsafe partial uint* btf__type_by_id(KernelTypes types, uint id);

    [LibraryImport(Library)]
    internal static partial void btf__free(nint types);

    [LibraryImport("libc")]
    private static unsafe partial int vsnprintf(byte* buffer, nuint size, byte* format, void* arguments);

    /// <summary>BPF_PROG_TYPE_SK_LOOKUP: attached to a network namespace instead of a cgroup (linux/bpf.h).</summary>
    internal const int BPF_PROG_TYPE_SK_LOOKUP = 30;

    private const uint FunctionKind = 12; // BTF_KIND_FUNC
    private const int WarningLevel = 0; // LIBBPF_WARN
    private const int LineBytes = 4096;

    [ThreadStatic]
    private static List<string>? t_said;

    /// <summary>What is pinned at a path; null where nothing is.</summary>
    /// <exception cref="ErrnoException">Anything but ENOENT.</exception>
    internal static SafeFileHandle? GetPinned(string path)
    {
        var fd = bpf_obj_get(path);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : fd == -ErrnoNames.ENOENT ? null : throw new ErrnoException(-fd, "bpf(BPF_OBJ_GET)", path);
    }

    /// <summary>How many arguments a function of the running kernel has; null where it has no such function.</summary>
    internal static unsafe int? ArgumentsOf(KernelTypes types, string function)
    {
        // FUNC leads to its FUNC_PROTO, whose number of parameters is in the low half of its info (Documentation/bpf/btf.rst)
        var id = btf__find_by_name_kind(types, function, FunctionKind);

        // struct btf_type is three words: name_off, info, type
        return id > 0 ? (int)(btf__type_by_id(types, btf__type_by_id(types, (uint)id)[2])[1] & 0xffff) : null;
    }

    /// <summary>Throws if a call that answers -errno failed.</summary>
    internal static void ThrowIfFailed(int result, string call, string? path = null)
    {
        if (result < 0)
        {
            throw new ErrnoException(-result, call, path);
        }
    }

    /// <summary>Keeps libbpf's warnings of this thread in a list, instead of letting it write to our stderr.</summary>
    internal static unsafe void KeepWarnings(List<string> said)
    {
        t_said = said;
        libbpf_set_print(&Print);
    }

    // A va_list parameter arrives as a plain pointer: on x86-64 it is an array (System V ABI 3.5.7), on arm64 passed by reference.
    [UnmanagedCallersOnly]
    private static unsafe int Print(int level, byte* format, void* arguments)
    {
        if (level == WarningLevel && t_said is { } said)
        {
            var line = stackalloc byte[LineBytes];
            _ = vsnprintf(line, LineBytes, format, arguments);
            said.Add(Marshal.PtrToStringUTF8((nint)line)!.Trim());
        }

        return 0;
    }
}

/// <summary>An object file that is being loaded. Its programs and maps stay in the kernel while they are pinned.</summary>
internal sealed class BpfObject() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _ = Libbpf.bpf_object__close(handle);
        return true;
    }
}

/// <summary>A program's attachment; it ends with this handle unless it is pinned.</summary>
internal sealed class BpfLink() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Libbpf.bpf_link__destroy(handle) == 0;
}

/// <summary>The running kernel's own type information (struct btf).</summary>
internal sealed class KernelTypes() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Libbpf.btf__free(handle);
        return true;
    }
}
