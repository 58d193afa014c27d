using System.Diagnostics;
using System.Text;
using CsCheck;
using VServerPanel.Native.Configuration;

namespace VServerPanel.Native.Tests.Configuration;

/// <summary>What <c>ConfFile</c> reads is what the shell of this machine reads. Only files in which everything was understood are sourced: they hold assignments and nothing else.</summary>
public sealed class RealShellTests
{
    private static readonly string[] s_keys = ["A", "B", "IPROOT", "S_HOSTNAME"];

    private static readonly Gen<string> s_segment = Gen.OneOf(
        "x", "10.0.0.1", "eth0:1.2.3.4/24", "fe80::1", "'single $x `y` \"z\\'", "\"double 'q' \\$ \\` \\\" \\\\ \\n\"", "\\ ", "\\$", "\\\\", "\\'", "\"\"", "''", "é", "漢", "#", "!", "=", "*", "%", "{a,b}", "\\\n",
        "\"a\nb\"", "'a\nb'", "\"\\\n\"", "$", "\"$\"", "@", "[x]", "?", "^", "\u0081", "\u0088", "-", "~", ":", "\t\t");

    private static readonly Gen<string> s_statement = Gen.OneOf(
        Gen.Select(Gen.OneOf(s_keys), s_segment.Array[0, 4], Gen.OneOf("", "export ", "  "), (key, value, before) => $"{before}{key}={string.Concat(value)}"),
        Gen.OneOf("# comment 'with \" quotes", "", "  ", "export A", "export A B=2", "A=1 B=2", "PROFILE=backup"),
        Gen.Select(s_segment.Array[0, 2], s_segment.Array[0, 2], (a, b) => $"case $PROFILE in\nprod|live) A={string.Concat(a)} ; B=x ;;\n(backup) B={string.Concat(b)}\n;;\n*) IPROOT=none\nesac"));

    private static readonly Gen<string> s_file = Gen.Select(s_statement, Gen.OneOf("\n", "; ", "\n\n", " # c\n", ";\n", " \\\n", " ")).Array[0, 8].Select(lines => string.Concat(lines.Select(l => l.Item1 + l.Item2)));

    [Fact]
    public void Get_FileWithoutFindings_IsWhatTheShellReads()
    {
        var understood = 0;
        s_file.Sample(
            text =>
            {
                var conf = ConfFile.Parse(text);
                if (conf.Findings.Count == 0)
                {
                    Interlocked.Increment(ref understood);
                    foreach (var profile in new[] { "prod", "backup" })
                    {
                        Assert.Equal(Source(conf, profile), Expected(conf, profile));
                    }
                }
            },
            iter: 600);
        Assert.InRange(understood, 50, int.MaxValue);
    }

    [Fact]
    public void Set_AnyValue_IsWhatTheShellReads() => Gen.Select(s_file, Gen.Char[' ', '~'].Array[0, 10].Select(c => new string(c)), Gen.OneOf("", "é\n", "'", "\"", "\\", "\u0081")).Sample(
        (text, value, more) =>
        {
            var conf = ConfFile.Parse(text);
            if (conf.Findings.Count == 0)
            {
                conf.Set("A", value + more);
                Assert.Equal(value + more, Source(conf, "prod").Split('\0')[0]);
                conf.Remove("B");
                Assert.Equal(Expected(conf, "prod"), Source(conf, "prod"));
            }
        },
        iter: 400);

    private static string Expected(ConfFile conf, string profile) => string.Concat(s_keys.Select(k => (conf.Get(k, profile) ?? "(unset)") + "\0"));

    private static string Source(ConfFile conf, string profile)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, conf.ToBytes());
            var script = $". {path}; printf '%s\\0' " + string.Join(' ', s_keys.Select(k => $"\"${{{k}-(unset)}}\""));
            var start = new ProcessStartInfo("/usr/bin/env", ["-i", "PATH=/nonexistent", $"PROFILE={profile}", "/bin/sh", "-c", script])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                WorkingDirectory = "/proc/self/fdinfo",
            };
            using var shell = Process.Start(start)!;
            var output = shell.StandardOutput.ReadToEnd();
            var errors = shell.StandardError.ReadToEnd();
            shell.WaitForExit();
            Assert.True(shell.ExitCode == 0, $"sh: {errors} for:\n{conf.Text}");
            return output;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
