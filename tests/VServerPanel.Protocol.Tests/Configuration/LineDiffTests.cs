using CsCheck;

namespace VServerPanel.Protocol.Tests.Configuration;

public class LineDiffTests
{
    private static readonly Gen<string> s_text = Gen.String[Gen.Char["ab"], 0, 2].List[0, 14].Select(lines => string.Concat(lines.Select(l => l + "\n")));

    [Fact]
    public void Compare_AnyTwoTexts_GivesBackBoth() => Gen.Select(s_text, s_text).Sample((before, after) =>
    {
        var lines = LineDiff.Compare(before, after);

        Assert.Equal(before, Text(lines, DiffKind.Added));
        Assert.Equal(after, Text(lines, DiffKind.Removed));
        Assert.Equal(Enumerable.Range(1, before.Count(c => c == '\n')), lines.Where(l => l.OldLine is not null).Select(l => l.OldLine!.Value));
        Assert.Equal(Enumerable.Range(1, after.Count(c => c == '\n')), lines.Where(l => l.NewLine is not null).Select(l => l.NewLine!.Value));
    });

    [Fact]
    public void Compare_AnyTextWithItself_HasNoChange() => s_text.Sample(text => Assert.All(LineDiff.Compare(text, text), l => Assert.Equal(DiffKind.Same, l.Kind)));

    [Fact]
    public void Compare_OneLineChanged_TellsTheRemovedOneFirst()
    {
        var lines = LineDiff.Compare("a\nONBOOT=no\nb\n", "a\nONBOOT=yes\nb\nc\n");

        Assert.Equal([" a", "-ONBOOT=no", "+ONBOOT=yes", " b", "+c"], lines.Select(l => (l.Kind is DiffKind.Removed ? "-" : l.Kind is DiffKind.Added ? "+" : " ") + l.Text));
    }

    [Fact]
    public void Compare_TextsTooLargeForATable_StillGivesBackBoth()
    {
        var before = string.Concat(Enumerable.Range(0, 3000).Select(i => $"a{i}\n"));
        var after = string.Concat(Enumerable.Range(0, 3000).Select(i => $"b{i}\n"));

        var lines = LineDiff.Compare(before, after);

        Assert.Equal((before, after), (Text(lines, DiffKind.Added), Text(lines, DiffKind.Removed)));
    }

    [Fact]
    public void Hunks_TwoChangesFarApart_LeaveOutWhatIsBetween()
    {
        var before = Enumerable.Range(1, 30).Select(i => $"{i}").ToArray();
        var after = before.ToArray();
        (after[4], after[25]) = ("x", "y");

        var hunks = LineDiff.Hunks(LineDiff.Compare(string.Join('\n', before), string.Join('\n', after)), context: 2);

        Assert.Equal(["…", "3", "4", "5", "x", "6", "7", "…", "24", "25", "26", "y", "27", "28", "…"], hunks.Select(l => l?.Text ?? "…"));
        Assert.Equal([null], LineDiff.Hunks(LineDiff.Compare("a\n", "a\n")));
    }

    private static string Text(IReadOnlyList<DiffLine> lines, DiffKind without) => string.Concat(lines.Where(l => l.Kind != without).Select(l => l.Text + "\n"));
}
