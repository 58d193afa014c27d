using System.Runtime.InteropServices;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Kernel;

/// <summary>Loads an object file through libbpf: maps that are pinned already are used again, entries and all; links that it has no program for are removed.</summary>
/// <param name="pins">Directory of the pins; it is there.</param>
/// <param name="isWanted">Which programs are for this kernel.</param>
/// <param name="attach">Attaches a loaded program and pins its link at a path.</param>
internal sealed class BpfLoader(string pins, Func<BpfProgram, bool> isWanted, Action<BpfProgram, string> attach)
{
    /// <exception cref="ProblemException">Unsupported: the kernel does not take them, with what libbpf said; MissingTool: there is no libbpf.</exception>
    public void Load(string objectFile)
    {
        var warnings = new List<string>();
        try
        {
            Libbpf.KeepWarnings(warnings);
            LoadObject(objectFile);
        }
        catch (DllNotFoundException e)
        {
            throw new ProblemException(ProblemCode.MissingTool, "libbpf.so.1 is not installed ('apt-get install libbpf1').", e);
        }
        catch (ErrnoException e)
        {
            throw new ProblemException(ProblemCode.Unsupported, $"The kernel does not take the programs: {e.Message}{Tail(warnings)}", e);
        }
    }

    private void LoadObject(string objectFile)
    {
        using var file = Libbpf.bpf_object__open_file(objectFile, 0);
        if (file.IsInvalid)
        {
            throw ErrnoException.Last("bpf_object__open_file", objectFile);
        }

        for (var map = Libbpf.bpf_object__next_map(file, 0); map != 0; map = Libbpf.bpf_object__next_map(file, map))
        {
            if (!Libbpf.bpf_map__is_internal(map))
            {
                Libbpf.ThrowIfFailed(Libbpf.bpf_map__set_pin_path(map, $"{pins}/map_{Text(Libbpf.bpf_map__name(map))}"), "bpf_map__set_pin_path");
            }
        }

        var programs = new List<BpfProgram>();
        for (var handle = Libbpf.bpf_object__next_program(file, 0); handle != 0; handle = Libbpf.bpf_object__next_program(file, handle))
        {
            var program = new BpfProgram(handle, Text(Libbpf.bpf_program__name(handle)), Text(Libbpf.bpf_program__section_name(handle)));
            if (isWanted(program))
            {
                programs.Add(program);
            }
            else
            {
                Libbpf.ThrowIfFailed(Libbpf.bpf_program__set_autoload(handle, false), "bpf_program__set_autoload");
            }
        }

        Libbpf.ThrowIfFailed(Libbpf.bpf_object__load(file), "bpf_object__load", objectFile);
        var attached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var program in programs)
        {
            var pin = $"{pins}/link_{program.Name}";
            attached.Add(pin);
            attach(program, pin);
        }

        foreach (var gone in Directory.EnumerateFiles(pins, "link_*").Where(l => !attached.Contains(l)).ToList())
        {
            File.Delete(gone);
        }
    }

    /// <summary>Pins a new link in the place of what is pinned there; the older one ends only then.</summary>
    public static void Pin(BpfLink link, string pin)
    {
        if (link.IsInvalid)
        {
            throw ErrnoException.Last("bpf(BPF_LINK_CREATE)", Path.GetFileName(pin));
        }

        File.Delete(pin);
        Libbpf.ThrowIfFailed(Libbpf.bpf_link__pin(link, pin), "bpf(BPF_OBJ_PIN)", pin);
    }

    private static string Text(nint name) => Marshal.PtrToStringUTF8(name)!;

    private static string Tail(List<string> warnings) =>
        warnings.FirstOrDefault() is { } first ? $" ({(first.Length > 300 ? first[..300] + "…" : first).ReplaceLineEndings(" ")})" : "";
}

/// <summary>A program of an object that is being loaded.</summary>
/// <param name="Handle">libbpf's.</param>
/// <param name="Name">The C function's.</param>
/// <param name="Section">Such as <c>lsm/file_open</c>.</param>
internal sealed record BpfProgram(nint Handle, string Name, string Section);
