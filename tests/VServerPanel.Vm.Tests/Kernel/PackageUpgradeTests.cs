using VServerPanel.Vm.Tests.Machines;

namespace VServerPanel.Vm.Tests.Kernel;

/// <summary>Two Debian roots that share their files by hard links: packages are upgraded in one, and every file of the other is compared.</summary>
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
            printf 'INIT_STYLE=sysv\nNETWORK_MODE=private\n' > /etc/vservers/$name.conf
        done
        find one -type f -links +1 -print0 | xargs -0 chattr +A +S
        find one -type f -links +1 | wc -l
        """;

    // the next version of each package: every file of it has another content, one is new and one is gone
    private const string MakeUpgrades = """
        mkdir -p /tmp/upgrades /vservers/one/root/packages
        for package in /vservers/.packages/*.deb; do
            tree=/tmp/upgrades/$(basename $package .deb)
            dpkg-deb -R $package $tree
            sed -i 's/^Version: .*/&+upgrade1/' $tree/DEBIAN/control
            rm $tree/DEBIAN/md5sums
            name=$(sed -n 's/^Package: //p' $tree/DEBIAN/control)
            find $tree/usr/share/doc -name 'changelog*' -type f -delete
            echo new > $tree/usr/share/doc/$name/news
            (cd $tree; find . -path ./DEBIAN -prune -o -path ./etc -prune -o -type f -print) | while read -r file; do
                echo upgraded >> $tree/$file
                echo $file
            done >> /tmp/upgrades/files
            dpkg-deb -Znone -b $tree /vservers/one/root/packages/$name.deb > /dev/null
            rm -r $tree
        done
        sort -o /tmp/upgrades/files /tmp/upgrades/files
        """;

    // the time of the last change of an inode is left out: it tells of links that went too
    private const string Describe = "(cd /vservers/two; find . -xdev -printf '%p %i %y %m %U %G %s %T@ %l\\n' | sort; find . -xdev -type f -print0 | sort -z | xargs -0 md5sum; getcap -r . 2>/dev/null)";

    [Fact]
    public void Upgrade_PackagesInOneVServer_ChangesNoFileOfTheOther()
    {
        machine.WithVServers();
        Assert.InRange(int.Parse(machine.Expect(MakeTwo, seconds: 180), System.Globalization.CultureInfo.InvariantCulture), 1000, 10_000);
        machine.Expect(MakeUpgrades, seconds: 180);
        machine.Expect("vserver one start > /dev/null", seconds: 120);

        machine.Expect($"{Describe} > /vm/exchange/before", seconds: 120);
        var output = machine.Run("vserver one exec sh -c 'DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i /root/packages/*.deb' 2>&1", seconds: 300);
        Assert.True(output.ExitCode == 0, output.Output);
        Assert.Matches(@"Unpacking passwd \S+\+upgrade1\S* over \(", output.Output);
        machine.Expect($"{Describe} > /vm/exchange/after", seconds: 120);
        Assert.Equal(File.ReadAllLines(machine.Exchange + "/before"), File.ReadAllLines(machine.Exchange + "/after"));

        // each file of the packages is the new one in one, and what no package touched is still shared
        machine.Expect("""
            [ $(wc -l < /tmp/upgrades/files) -gt 100 ]
            for name in one two; do (cd /vservers/$name; xargs -d '\n' grep -al 'upgraded$' < /tmp/upgrades/files) > /tmp/upgrades/in-$name || true; done
            diff /tmp/upgrades/files /tmp/upgrades/in-one
            [ ! -s /tmp/upgrades/in-two ]
            [ -e /vservers/two/usr/share/doc/sed/changelog.gz ] && [ ! -e /vservers/one/usr/share/doc/sed/changelog.gz ]
            [ /vservers/one/bin/bash -ef /vservers/two/bin/bash ]
            """);

        // and that by the protection
        Assert.Equal("EPERM\n", machine.Expect("vserver one exec sh -c 'exec 2>&1; (echo x >> /bin/bash) || true' | grep -o 'Operation not permitted' | sed s/.*/EPERM/"));
        machine.Expect("vserver one stop > /dev/null", seconds: 120);
    }
}

// 6.12 has upgrades in Unification/TenVServersTests: a minute each in emulation
[Collection(Debian61Machine.Name)]
public sealed class Debian61PackageUpgradeTests(Debian61Machine machine) : PackageUpgradeTests(machine);
