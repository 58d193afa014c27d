using System.Globalization;

namespace VServerPanel.Bench;

/// <summary>Requests a second of nginx in a vserver of the shared network mode, of the same on the bare host, as a service of the host in control groups of its own, and behind veth and a bridge; in turn.</summary>
internal static class WebBench
{
    private const string Nginx = "/usr/sbin/nginx";
    private const string Namespace = "vserver-bench";
    private static readonly string[] s_addresses = ["10.77.0.1", "10.77.0.2", "10.77.0.3", "10.77.0.4"];
    private static readonly string[] s_names = ["bare host", "vserver", "veth + bridge", "host's service"];

    // those that systemd gives a service
    private static readonly string[] s_controllers = ["memory", "cpu", "cpuacct", "blkio", "pids", "devices", "systemd", "unified"];

    public static int Run(int rounds)
    {
        if (!File.Exists(Nginx) || !File.Exists("/usr/bin/wrk"))
        {
            Console.Error.WriteLine("It needs a web server and a client: apt-get install nginx-light wrk");
            return 2;
        }

        return TrialNetwork.Within(() => Measure(rounds));
    }

    private static int Measure(int rounds)
    {
        using var vserver = new BenchVServer("10.77.0.2/24");
        vserver.Install(Nginx);
        File.WriteAllText(vserver.Tree + "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        File.WriteAllText(vserver.Tree + "/etc/group", "root:x:0:\n");
        try
        {
            vserver.Start();
            Shell.Run("ip", ["netns", "add", Namespace]);
            Shell.Run("/bin/sh", ["-c", $"ip link add veth-host type veth peer name veth-guest netns {Namespace} && ip link set veth-host master {TrialNetwork.Device} up && " +
                $"ip -n {Namespace} address add 10.77.0.3/24 dev veth-guest && ip -n {Namespace} link set veth-guest up && ip -n {Namespace} link set lo up"]);
            Shell.Run("ip", ["address", "add", s_addresses[3] + "/24", "dev", TrialNetwork.Device]);
            Serve(vserver, s_addresses[0], "exec");
            Serve(vserver, s_addresses[2], $"exec nsenter --net=/run/netns/{Namespace}");
            var groups = s_controllers.Select(c => "/sys/fs/cgroup/" + c).Where(Directory.Exists).DefaultIfEmpty("/sys/fs/cgroup").Select(h => $"{h}/{Namespace}").ToList();
            Serve(vserver, s_addresses[3], string.Concat(groups.Select(g => $"mkdir -p {g} && echo $$ > {g}/cgroup.procs && ")) + "exec");
            WriteConf(vserver.Tree + "/etc/nginx.conf", "", "0.0.0.0");
            vserver.Command("exec", Nginx, "-c", "/etc/nginx.conf");
            Thread.Sleep(500);
            foreach (var (kind, header) in new[] { ("keep-alive", "X-None: 1"), ("short connections", "Connection: close") })
            {
                var rates = s_addresses.Select(_ => new List<double>()).ToList();
                for (var round = -1; round < rounds; round++)
                {
                    for (var i = 0; i < s_addresses.Length; i++)
                    {
                        var rate = Ask(vserver, s_addresses[i], header);
                        if (round >= 0)
                        {
                            rates[i].Add(rate);
                        }
                    }
                }

                var medians = rates.Select(r => Shell.Median(r)).ToList();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{kind}: {string.Join(", ", s_names.Zip(medians, (n, m) => string.Create(CultureInfo.InvariantCulture, $"{n} {m:0}/s")))}; vserver to bare host {Paired(0):0.000}, to veth {Paired(2):0.000}, to the host's service {Paired(3):0.000}"));
                continue;

                // a round's runs are seconds apart: what else the machine does in that time is in both
                double Paired(int other) => Shell.Median(rates[1].Zip(rates[other], (a, b) => a / b));
            }

            return 0;
        }
        finally
        {
            Shell.Run("/bin/sh", ["-c", $"for f in '{vserver.Prefix}'/nginx-*.pid; do [ ! -e \"$f\" ] || kill $(cat \"$f\"); done; ip netns delete {Namespace} 2>/dev/null; sleep 0.3; rmdir /sys/fs/cgroup/{Namespace} /sys/fs/cgroup/*/{Namespace} 2>/dev/null; true"]);
        }
    }

    private static void Serve(BenchVServer vserver, string address, string first)
    {
        var conf = $"{vserver.Prefix}/nginx-{address}.conf";
        WriteConf(conf, $"{vserver.Prefix}/nginx-{address}", address);
        Shell.Run("/bin/sh", ["-c", $"{first} {Nginx} -c '{conf}'"]);
    }

    private static void WriteConf(string path, string files, string address)
    {
        var inside = files.Length == 0 ? "/tmp/nginx" : files;
        File.WriteAllText(path, $$"""
            user root;
            worker_processes 1;
            pid {{inside}}.pid;
            error_log /dev/null;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path {{inside}}-1; proxy_temp_path {{inside}}-2; fastcgi_temp_path {{inside}}-3; uwsgi_temp_path {{inside}}-4; scgi_temp_path {{inside}}-5;
                server { listen {{address}}:80; location / { return 200 "hello from a web server\n"; } }
            }
            """);
    }

    private static double Ask(BenchVServer vserver, string address, string header)
    {
        var output = vserver.Prefix + "/wrk.out";
        Shell.Run("/bin/sh", ["-c", $"exec wrk -t1 -c8 -d2s -H '{header}' http://{address}/ > '{output}'"]);
        var text = File.ReadAllText(output);
        var rate = text.Split('\n').FirstOrDefault(l => l.StartsWith("Requests/sec:", StringComparison.Ordinal))?.Split(':')[1];
        return rate is not null && !text.Contains("Non-2xx", StringComparison.Ordinal) ? double.Parse(rate, CultureInfo.InvariantCulture) : throw new InvalidOperationException(text);
    }
}
