using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>Two Debian roots that share their files by hard links: packages are installed in one, and every file of the other is compared.</summary>
public abstract class PackageUpgradeTests(StockMachine machine)
{
    // what is not to be shared: set-id files, which dpkg changes before it replaces them, and what is the vserver's own anyway
    private const string MakeTwo = """
        cd /vservers
        cp -al .debian one
        cp -al .debian two
        for name in one two; do
            rm -rf $name/etc $name/var
            cp -a .debian/etc .debian/var $name/
            find $name -type f -perm /6000 | while read -r file; do cp -p $file $file.own && mv $file.own $file; done
            cp -a .packages $name/root/packages
            printf 'INIT_STYLE=sysv\nNETWORK_MODE=private\n' > /etc/vservers/$name.conf
        done
        find one -type f -links +1 -print0 | xargs -0 chattr +A +S
        find one -type f -links +1 | wc -l
        """;

    // the time of the last change of an inode is left out: it tells of links that went too
    private const string Describe = "(cd /vservers/two; find . -xdev -printf '%p %i %y %m %U %G %s %T@ %l\\n' | sort; find . -xdev -type f -print0 | sort -z | xargs -0 md5sum; getcap -r . 2>/dev/null)";

    [Fact]
    public void Install_PackagesInOneVServer_ChangesNoFileOfTheOther()
    {
        machine.WithVServers();
        Assert.InRange(int.Parse(machine.Expect(MakeTwo, seconds: 180), System.Globalization.CultureInfo.InvariantCulture), 1000, 10_000);
        machine.Expect("vserver one start > /dev/null", seconds: 120);

        machine.Expect($"{Describe} > /vm/exchange/before", seconds: 120);
        var output = machine.Run("vserver one exec sh -c 'DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i /root/packages/*.deb' 2>&1", seconds: 300);
        Assert.True(output.ExitCode == 0, output.Output);
        Assert.Contains("Setting up passwd", output.Output, StringComparison.Ordinal);
        machine.Expect($"{Describe} > /vm/exchange/after", seconds: 120);
        Assert.Equal(File.ReadAllLines(machine.Exchange + "/before"), File.ReadAllLines(machine.Exchange + "/after"));

        // replaced in one, and so the other's alone; what no package touched is still shared
        Assert.Equal("1\n2\n", machine.Expect("[ /vservers/one/bin/sed -ef /vservers/two/bin/sed ] || echo 1; [ /vservers/one/bin/bash -ef /vservers/two/bin/bash ] && echo 2"));

        // and that by the protection
        Assert.Equal("EPERM\n", machine.Expect("vserver one exec sh -c 'exec 2>&1; (echo x >> /bin/bash) || true' | grep -o 'Operation not permitted' | sed s/.*/EPERM/"));
        machine.Expect("vserver one stop > /dev/null", seconds: 120);
    }
}

[Collection(Debian61Machine.Name)]
public sealed class Debian61PackageUpgradeTests(Debian61Machine machine) : PackageUpgradeTests(machine);

[Collection(Debian612Machine.Name)]
public sealed class Debian612PackageUpgradeTests(Debian612Machine machine) : PackageUpgradeTests(machine);
