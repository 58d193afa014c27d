using System.Text.Json;
using CsCheck;

namespace VServerPanel.Protocol.Tests.Wire;

public class WireProtocolTests
{
    [Fact]
    public void Write_AnyEvent_IsOneLineAndReadsBack() => Wires.Event.Sample(wireEvent =>
    {
        var line = WireProtocol.Write(wireEvent);

        // what any reader may take for a line's end
        Assert.Equal(-1, line.AsSpan().IndexOfAny("\r\n\u0085\u2028\u2029"));
        Assert.StartsWith("{\"type\":\"", line, StringComparison.Ordinal);
        var read = WireProtocol.Read(line);
        Assert.IsType(wireEvent.GetType(), read);
        Assert.Equal(wireEvent.IsLast, read.IsLast);
        Assert.Equal(line, WireProtocol.Write(read));
    });

    [Fact]
    public void Item_AnyStatus_ReadsBackAsItWas() => Wires.Status.Sample(status => AssertSame(status));

    [Fact]
    public void Item_AnyJournalEntry_ReadsBackAsItWas() => Wires.Journal.Sample(entry => AssertSame(entry));

    [Fact]
    public void Read_AnyText_IsAnEventOrAJsonException() => Gen.OneOf(
        Gen.String,
        Gen.String[Gen.Char["{}[]\":,type helo1\\"], 0, 30],
        Gen.Select(Wires.Event, Gen.Int[0, 200]).Select((wireEvent, length) => WireProtocol.Write(wireEvent) is var line && length < line.Length ? line[..length] : line[1..])).Sample(text =>
    {
        try
        {
            Assert.NotNull(WireProtocol.Read(text));
        }
        catch (JsonException)
        {
            // the one way in which it may fail
        }
    });

    [Theory]
    [InlineData("""{"type":"hello","version":1,"features":[],"colour":"blue"}""")]
    [InlineData("""{"version":1,"features":[],"type":"hello"}""")]
    public void Read_MembersUnknownOrInAnotherOrder_AreNoFault(string line) => Assert.Equal(1, Assert.IsType<HelloEvent>(WireProtocol.Read(line)).Version);

    [Theory]
    [InlineData("""{"type":"song","text":"x"}""")]
    [InlineData("""{"version":1}""")]
    [InlineData("""[]""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"type":"hello","version":1,"features":[]} {"type":"result"}""")]
    public void Read_NoLineOfTheProtocol_Throws(string line) => Assert.Throws<JsonException>(() => WireProtocol.Read(line));

    [Fact]
    public void Write_WhatIsNull_IsLeftOut() => Assert.Equal("""{"type":"problem","code":"not-found","message":"No such vserver."}""", WireProtocol.Write(new ProblemEvent(ProblemCode.NotFound, "No such vserver.")));

    [Fact]
    public void Last_OnlyResultAndProblem_AreIt()
    {
        WireEvent[] last = [new ResultEvent(), new ProblemEvent(ProblemCode.Busy, "x")];
        WireEvent[] others = [new HelloEvent(1, []), new LogEvent(LogEvent.Info, "x"), new ProgressEvent(1, 2, "x"), new ItemEvent("x", default)];

        Assert.All(last, e => Assert.True(e.IsLast));
        Assert.All(others, e => Assert.False(e.IsLast));
    }

    [Fact]
    public void ToElement_TypeThatIsNotOfTheWire_IsRefused() => Assert.Throws<NotSupportedException>(() => WireProtocol.ToElement(new Version(1, 2)));

    // Every record that can be an item, a result or a state file must be known to the source generator, or NativeAOT fails at run time only.
    [Fact]
    public void WireJson_RecordsOfTheProtocol_AreAllKnown()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = WireJson.Default };
        var records = typeof(WireEvent).Assembly.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false, IsSealed: true } && t.GetMethod("<Clone>$") is not null);

        Assert.All(records, t => Assert.NotNull(WireJson.Default.GetTypeInfo(t) ?? (options.TryGetTypeInfo(t, out var info) ? info : null)));
    }

    private static void AssertSame<T>(T value)
    {
        var line = WireProtocol.Write(new ItemEvent("x", WireProtocol.ToElement(value)));
        var read = WireProtocol.FromElement<T>(Assert.IsType<ItemEvent>(WireProtocol.Read(line)).Data);
        Assert.Equivalent(value, read, strict: true);
    }
}
