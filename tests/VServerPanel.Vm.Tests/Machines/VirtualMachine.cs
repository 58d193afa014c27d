using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace VServerPanel.Vm.Tests.Machines;

/// <summary>A host with a stock kernel and cgroup version 2 alone, emulated in software. Its root is this machine's own, read-only below a tmpfs; what it changes is gone with it.</summary>
/// <remarks>/vservers is an ext4 with a Debian root in <c>.debian</c> and packages in <c>.packages</c>. /vm/exchange is <see cref="Exchange"/>.</remarks>
internal sealed class VirtualMachine : IDisposable
{
    private static readonly TimeSpan s_boot = TimeSpan.FromMinutes(2);

    // where the clock counts instructions, time passes at once while it waits for this machine
    private const int CountingPatience = 20;

    private readonly int _patience;
    private readonly string _directory = Directory.CreateTempSubdirectory("vs-vm-").FullName;
    private readonly Process _qemu;
    private readonly Socket _port = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _reader;
    private int _last;

    /// <param name="kernel">A directory of <see cref="StockKernels.Cache"/>.</param>
    /// <param name="parameters">Of the kernel's command line, besides ours.</param>
    /// <param name="isCounting">Its clock counts instructions: one in a nanosecond, whatever this machine does besides.</param>
    /// <exception cref="TimeoutException">It does not come up.</exception>
    public VirtualMachine(string kernel, string parameters = "", bool isCounting = false)
    {
        _patience = isCounting ? CountingPatience : 1;
        Directory.CreateDirectory(Exchange);
        _qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", Arguments(StockKernels.Cache + "/" + kernel, parameters, isCounting))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _qemu.BeginErrorReadLine();
        _qemu.BeginOutputReadLine();
        try
        {
            Connect();
            _reader = new StreamReader(new NetworkStream(_port), Encoding.ASCII);
            _port.ReceiveTimeout = (int)s_boot.TotalMilliseconds;
            if (_reader.ReadLine() != "ready")
            {
                throw new TimeoutException("it ended");
            }
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException)
        {
            var console = Console();
            Dispose();
            throw new TimeoutException($"The virtual machine does not come up: {e.Message}\n{console}", e);
        }
    }

    /// <summary>A directory of this machine that the virtual one has at /vm/exchange; both may write.</summary>
    public string Exchange => _directory + "/exchange";

    /// <summary>Runs a bash script in it as root, in /, to its end. One at a time.</summary>
    /// <exception cref="TimeoutException">The machine itself does not answer any more.</exception>
    public MachineOutput Run(string script, int seconds = 60)
    {
        lock (_port)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{++_last}");
            _port.ReceiveTimeout = (seconds + 30) * 1000;
            try
            {
                _port.Send(Encoding.ASCII.GetBytes($"{id} {(seconds * _patience).ToString(CultureInfo.InvariantCulture)} {Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}\n"));
                while (_reader.ReadLine() is { } line)
                {
                    if (line.Split(' ') is [var answered, var code, var output, var error] && answered == id)
                    {
                        return new MachineOutput(int.Parse(code, CultureInfo.InvariantCulture), Decode(output), Decode(error));
                    }
                }

                throw new IOException("it ended");
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                throw new TimeoutException($"The virtual machine does not answer: {e.Message}\n{Console()}", e);
            }
        }
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _port.Dispose();
        if (!_qemu.HasExited)
        {
            _qemu.Kill();
            _qemu.WaitForExit();
        }

        _qemu.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private IEnumerable<string> Arguments(string kernel, string parameters, bool isCounting)
    {
        string[] machine =
        [
            .. isCounting ? (string[])["-icount", "shift=0,sleep=off", "-accel", "tcg,thread=single"] : ["-accel", "tcg,thread=multi"],
            "-M", "q35", "-cpu", "max", "-smp", "1", "-m", "1536", "-display", "none", "-nodefaults", "-no-reboot", "-net", "none",
            "-kernel", kernel + "/vmlinux", "-initrd", kernel + "/initrd", "-append", $"console=ttyS0 quiet panic=-1 mitigations=off {parameters}",
            "-serial", $"file:{_directory}/console",
            "-drive", $"file={StockKernels.Cache}/disk.ext4,format=raw,if=virtio,snapshot=on",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", $"socket,id=agent,path={_directory}/agent,server=on,wait=off", "-device", "virtserialport,chardev=agent,name=agent",
        ];
        return [.. machine, .. Share("root", "/", true), .. Share("modules", kernel + "/modules", true), .. Share("guest", StockKernels.GuestFiles, true), .. Share("exchange", Exchange, false)];
    }

    private static string[] Share(string name, string directory, bool isReadOnly) =>
        ["-virtfs", $"local,path={directory},mount_tag={name},security_model=none,multidevs=remap{(isReadOnly ? ",readonly=on" : "")}"];

    private void Connect()
    {
        for (var deadline = Environment.TickCount64 + (long)s_boot.TotalMilliseconds; ; Thread.Sleep(20))
        {
            try
            {
                _port.Connect(new UnixDomainSocketEndPoint(_directory + "/agent"));
                return;
            }
            catch (SocketException) when (!_qemu.HasExited && Environment.TickCount64 < deadline)
            {
                // it has not made it yet
            }
        }
    }

    private string Console() => File.Exists(_directory + "/console") ? string.Join('\n', File.ReadLines(_directory + "/console").TakeLast(30)) : "";

    private static string Decode(string word) => Encoding.UTF8.GetString(Convert.FromBase64String(word[..^1]));
}
