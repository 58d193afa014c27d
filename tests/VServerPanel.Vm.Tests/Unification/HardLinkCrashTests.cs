using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Unification;

/// <summary>Sharing by hard links that the kernel protects, and taking it back, killed at every third call that changes something (each with VSERVER_FAULTS=all): every file is whole, and nothing is left over.</summary>
[Collection(Debian612Machine.Name)]
public sealed class HardLinkCrashTests(Debian612Machine machine)
{
    private const string Make = """
        cat > /tmp/killed <<'END'
        # a directory that was changed when the power failed may have the time of that
        # killed OPPOSITE WORD…: vunify with these words on k1 and k2, killed at one point after the other until it gets to its end; behind each the opposite of it makes all as it was
        snapshot() { for v in k1 k2; do cd /vservers/$v; find . ! -type d -printf '%p %y %m %U %G %s %T@ %l\n' | sort; find . -type d -printf '%p %m %U %G\n' | sort; find . -type f | sort | xargs sha256sum; getfattr -R -d -m 'user\|security' . 2> /dev/null; done; }
        opposite=$1; shift
        point=1
        while [ $point -lt 200 ]; do
            VSERVER_FAULT_AT=$point vserver --as vunify --threads 1 "$@" k1 k2 > /tmp/k.out 2>&1
            code=$?
            snapshot | diff /tmp/k.before - || { echo "killed at $point: a file is another"; exit 1; }
            [ $code = 137 ] || break
            vserver --as vunify $opposite k1 k2 > /tmp/k.back 2>&1 || { cat /tmp/k.back; exit 1; }
            snapshot | diff /tmp/k.before - || { echo "behind $point: a file is another"; exit 1; }
            [ -z "$(ls /vservers/.unify 2> /dev/null)" ] || { echo "killed at $point: something is left"; exit 1; }
            point=$((point + STRIDE))
        done
        [ $code = 0 ] || { cat /tmp/k.out; exit 1; }
        echo $point
        END
        for v in k1 k2; do
            mkdir -p /vservers/$v/usr/bin /vservers/$v/usr/lib /vservers/$v/etc; cd /vservers/$v
            echo program > usr/bin/tool; chmod 755 usr/bin/tool; echo linked > usr/bin/one; ln usr/bin/one usr/bin/two
            seq 20000 > usr/lib/large; chown 5:6 usr/lib/large; setfattr -n user.note -v x usr/lib/large
            echo own > etc/own; : > /etc/vservers/$v.conf
            find . -exec touch -h -d 2001-02-03 {} +
        done
        for v in k1 k2; do cd /vservers/$v; find . ! -type d -printf '%p %y %m %U %G %s %T@ %l\n' | sort; find . -type d -printf '%p %m %U %G\n' | sort; find . -type f | sort | xargs sha256sum; getfattr -R -d -m 'user\|security' . 2> /dev/null; done > /tmp/k.before
        """;

    [Fact]
    public void UnifyAndUndo_KilledAtFaultPoints_LeaveEveryFileWhole()
    {
        machine.WithVServers();
        machine.Expect(Make.Replace("STRIDE", Environment.GetEnvironmentVariable("VSERVER_FAULTS") == "all" ? "1" : "3", StringComparison.Ordinal), seconds: 60);
        Assert.InRange(PointsOf("--undo", "--method hardlink"), 10, 199);
        machine.Expect("[ /vservers/k1/usr/lib/large -ef /vservers/k2/usr/lib/large ] && [ /vservers/k1/usr/bin/tool -ef /vservers/k2/usr/bin/tool ] && [ ! /vservers/k1/etc/own -ef /vservers/k2/etc/own ]");
        Assert.InRange(PointsOf("--method hardlink", "--undo"), 5, 199);
        machine.Expect("[ ! /vservers/k1/usr/lib/large -ef /vservers/k2/usr/lib/large ] && [ ! /vservers/k1/usr/bin/tool -ef /vservers/k2/usr/bin/tool ]");
        machine.Expect("for v in k1 k2; do vserver $v delete --confirm $v --now > /dev/null 2>&1; done; [ ! -e /vservers/k1 ]", seconds: 60);
    }

    private int PointsOf(string opposite, string words) =>
        int.Parse(machine.Expect($"bash /tmp/killed '{opposite}' {words}", seconds: 600).TrimEnd().Split('\n')[^1], System.Globalization.CultureInfo.InvariantCulture);
}
