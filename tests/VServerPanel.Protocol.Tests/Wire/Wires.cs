using CsCheck;

namespace VServerPanel.Protocol.Tests.Wire;

/// <summary>Any values that the wire can carry.</summary>
internal static class Wires
{
    public static Gen<string> Text { get; } = Gen.OneOf(Gen.String[Gen.Char['\u0001', '\ud7ff'], 0, 20], Gen.String[Gen.Char["\"\\\n\r\t\u2028\u0085</>é漢 "], 0, 8], Gen.Const("😀"));

    public static Gen<DateTimeOffset> Time { get; } = Gen.Long[0, 4_000_000_000_000].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    public static Gen<VServerName> Name { get; } = Gen.String[Gen.Char["abcXYZ019"], 1, 20].Where(t => VServerName.TryParse(t, out _)).Select(VServerName.Parse);

    public static Gen<ProblemEvent> Problem { get; } = Gen.Select(Gen.Enum<ProblemCode>(), Text, Maybe(Text), Maybe(Text)).Select((code, message, errno, path) => new ProblemEvent(code, message, errno, path));

    public static Gen<Actor> Actor { get; } = Gen.Select(Text, Maybe(Text), Maybe(Text), Maybe(Text)).Select((login, sudo, panel, address) => new Actor(login, sudo, panel, address));

    public static Gen<VServerStatus> Status { get; } =
        from id in Gen.Guid
        from name in Name
        from texts in Text.Array[4]
        from state in Gen.Enum<VServerState>()
        from mode in Gen.Enum<NetworkMode>()
        from style in Gen.Enum<InitStyle>().Nullable()
        from flag in Gen.Bool
        from numbers in Gen.Long[0, long.MaxValue].Array[4]
        from seconds in Gen.Double[0, 1e9].Array[3]
        from started in Time.Nullable()
        select new VServerStatus
        {
            Id = id,
            Name = name,
            Description = texts[0],
            State = state,
            Hostname = texts[1],
            Addresses = [texts[2], texts[3]],
            NetworkMode = mode,
            InitStyle = style,
            OnBoot = flag,
            StartedAt = started,
            VirtualBytes = numbers[0],
            ResidentBytes = numbers[1],
            DiskBytes = flag ? numbers[2] : null,
            MemoryLimitBytes = flag ? null : numbers[3],
            UserSeconds = seconds[0],
            SystemSeconds = seconds[1],
            ProcessorLimit = flag ? seconds[2] : null,
            Warning = flag ? texts[0] : null,
        };

    public static Gen<JournalEntry> Journal { get; } =
        from id in Gen.Guid
        from phase in Gen.Enum<JournalPhase>()
        from time in Time
        from actor in Actor
        from name in Name.Nullable()
        from command in Text.List[0, 5]
        from texts in Maybe(Text).Array[2]
        from outcome in Gen.Enum<OperationOutcome>().Nullable()
        from problem in Maybe(Problem)
        from duration in Gen.Long[0, long.MaxValue].Nullable()
        select new JournalEntry
        {
            OperationId = id.ToString("N"),
            Phase = phase,
            Time = time,
            Actor = actor,
            Operation = "start",
            VServer = name,
            VServerId = name is null ? null : id,
            Command = command,
            Before = texts[0],
            After = texts[1],
            Outcome = outcome,
            Problem = problem,
            DurationMilliseconds = duration,
        };

    public static Gen<WireEvent> Event { get; } = Gen.OneOf<WireEvent>(
        Gen.Select(Gen.Int[1, 9], Text.List[0, 3], Maybe(Text)).Select((version, features, job) => (WireEvent)new HelloEvent(version, features, job)),
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Text, Gen.Long.Nullable(), Gen.Long.Nullable(), Maybe(Text)).Select((step, steps, title, done, total, unit) => (WireEvent)new ProgressEvent(step, steps, title, done, total, unit)),
        Gen.Select(Text, Text).Select((level, text) => (WireEvent)new LogEvent(level, text)),
        Status.Select(s => (WireEvent)new ItemEvent(ItemKinds.VServer, WireProtocol.ToElement(s))),
        Journal.Select(j => (WireEvent)new ItemEvent(ItemKinds.Journal, WireProtocol.ToElement(j))),
        Gen.Const((WireEvent)new ResultEvent()),
        Gen.Int.Select(code => (WireEvent)new ResultEvent(WireProtocol.ToElement(new CommandOutcome(code)))),
        Problem.Select(p => (WireEvent)p));

    private static Gen<T?> Maybe<T>(Gen<T> value)
        where T : class => Gen.Select(Gen.Bool, value).Select((has, v) => has ? v : null);
}
