using VServerPanel.Native.Moving.Sending;
using VServerPanel.Native.Operations;
using VServerPanel.Native.Registry;
using VServerPanel.Native.Tests.Peers;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Tests.Moving;

/// <summary>A vserver out of its place and back in it, and what of it may never be put back.</summary>
public sealed class RetirementTests : IDisposable
{
    private const UnixFileMode HookMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
    private static readonly VServerName s_name = VServerName.Parse("web");

    private readonly PrivatePrefix _prefix = new();
    private readonly string _id = Guid.NewGuid().ToString("n");

    private string Hook => _prefix.Paths.HookOf(s_name);

    private OutgoingStore Store => new(_prefix.Paths);

    private VServerRegistry Registry => new(_prefix.Paths, TimeProvider.System);

    public void Dispose() => _prefix.Dispose();

    [Fact]
    public void PutBack_Retired_IsTheSameFilesAndNothingIsLeftAside()
    {
        var retirement = Make();
        var before = Files();
        Assert.False(retirement.IsOut);
        retirement.Retire();
        Assert.True(retirement.IsOut);
        Assert.False(File.Exists(_prefix.Paths.ConfOf(s_name)));
        Assert.False(File.Exists(_prefix.Paths.RegistryOf(s_name)));
        Assert.False(Directory.Exists(_prefix.Paths.TreeOf(s_name)));
        Assert.False(File.Exists(Hook));
        Assert.Empty(Registry.Names());
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Hook + ".moved") & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));

        // again, as after a crash
        retirement.Retire();
        retirement.PutBack();
        retirement.PutBack();
        Assert.Equal(before, Files());
        Assert.Equal(HookMode, File.GetUnixFileMode(Hook));
        Assert.False(retirement.IsOut);
    }

    [Fact]
    public void PutBack_WhatLayAsideIsGone_IsWrittenFromTheRecord()
    {
        var retirement = Make();
        var before = Files();
        retirement.Retire();
        retirement.ForgetAside();
        File.Delete(Hook + ".moved");
        retirement.PutBack();
        Assert.Equal(before, Files());
        Assert.Equal(HookMode, File.GetUnixFileMode(Hook));
    }

    [Fact]
    public void PutBack_RangeWasGivenAwayMeanwhile_GetsAnother()
    {
        var retirement = Make();
        var entry = Registry.Find(s_name)!;
        retirement.Retire();
        Assert.Equal(entry.IdBase, Registry.FindOrAdd(VServerName.Parse("other")).IdBase);
        retirement.PutBack();
        Assert.Equal(entry.Id, Registry.Find(s_name)!.Id);
        Assert.NotEqual(entry.IdBase, Registry.Find(s_name)!.IdBase);
        Assert.Empty(Directory.EnumerateFiles(_prefix.Paths.RegistryDirectory, ".*"));
    }

    [Fact]
    public void UndoHandOver_OfATryThatHadBeenPutBack_TouchesNothing()
    {
        Make();
        var undo = new UndoHandOver(_id);
        undo.Run(_prefix.Paths);

        // the hook was taken away, and then the name changed
        File.Delete(Hook);
        undo.Run(_prefix.Paths);
        Assert.False(File.Exists(Hook));
        File.Move(_prefix.Paths.ConfOf(s_name), _prefix.Paths.ConfOf(VServerName.Parse("web2")));
        File.Move(_prefix.Paths.RegistryOf(s_name), _prefix.Paths.RegistryOf(VServerName.Parse("web2")));
        Directory.Move(_prefix.Paths.TreeOf(s_name), _prefix.Paths.TreeOf(VServerName.Parse("web2")));
        var before = Files();
        undo.Run(_prefix.Paths);
        Assert.Equal(before, Files());
    }

    [Fact]
    public void UndoHandOver_CutOffAnywhereInBetween_PutsAllBack()
    {
        var retirement = Make();
        var before = Files();
        string[] taken = [_prefix.Paths.ConfOf(s_name), _prefix.Paths.TreeOf(s_name), Hook, _prefix.Paths.RegistryOf(s_name)];
        for (var steps = 1; steps <= taken.Length; steps++)
        {
            // back in their places are those that it had not come to
            var kept = taken.Skip(steps).ToDictionary(p => p, p => File.Exists(p) ? File.ReadAllBytes(p) : null);
            retirement.Retire();
            foreach (var (path, content) in kept)
            {
                if (content is null)
                {
                    Directory.Move(Store.TreeOf(_id), path);
                }
                else
                {
                    File.WriteAllBytes(path, content);
                    File.SetUnixFileMode(path, path == Hook ? HookMode : UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    File.Delete(path == Hook ? Hook + ".moved" : $"{Path.GetDirectoryName(path)}/.{Path.GetFileName(path)}.moved-{_id}");
                }
            }

            new UndoHandOver(_id).Run(_prefix.Paths);
            Assert.Equal(before, Files());
            Assert.Equal(HookMode, File.GetUnixFileMode(Hook));
        }
    }

    private Retirement Make()
    {
        File.WriteAllText(_prefix.Paths.ConfOf(s_name), "ONBOOT=yes\n");
        File.WriteAllText(Hook, "#!/bin/sh\n");
        File.SetUnixFileMode(Hook, HookMode);
        Directory.CreateDirectory(_prefix.Paths.TreeOf(s_name) + "/etc");
        var entry = Registry.FindOrAdd(s_name);
        var move = new OutgoingMove(_id, s_name, entry.Id, "hostb", new MoveChoices(null, false, 7, true), DateTimeOffset.UnixEpoch) { Files = Retirement.Collect(_prefix.Paths, s_name, entry) };
        return new Retirement(_prefix.Paths, Store.Save(move));
    }

    private IReadOnlyList<string> Files() =>
        [.. ((string[])[_prefix.Paths.Configuration, _prefix.Paths.RegistryDirectory, _prefix.Paths.VServers])
            .SelectMany(d => Directory.EnumerateFileSystemEntries(d, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
            .Where(p => Path.GetFileName(p) != ".moved").Select(p => File.Exists(p) ? $"{p} {File.ReadAllText(p)}" : p).Order(StringComparer.Ordinal)];
}
