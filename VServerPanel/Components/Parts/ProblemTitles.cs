using Microsoft.Data.Sqlite;
using VServerPanel.Core.Hosts;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Parts;

/// <summary>What a page says of a failure: a title by its code, and the sentence that came with it.</summary>
/// <param name="Title">What kind of failure.</param>
/// <param name="Message">What happened and what to do.</param>
internal sealed record ProblemText(string Title, string Message)
{
    internal static ProblemText Of(ProblemEvent problem) => new(TitleOf(problem.Code), problem.Message);

    internal static ProblemText Of(Exception exception) => exception switch
    {
        HostProblemException problem => Of(problem.Problem),
        NotAllowedException => new("Not allowed", exception.Message),
        AccountRefusedException => new("Not possible", exception.Message),
        SqliteException sqlite => new("The panel's database does not work", $"{sqlite.Message} Look whether its disk is full and whether the panel may write into its data directory."),
        _ => new("A fault of the panel", $"{exception.GetType().Name}: {exception.Message} Try again; if it stays, look into the panel's log."),
    };

    internal static string TitleOf(ProblemCode code) => code switch
    {
        ProblemCode.NotFound => "Not there",
        ProblemCode.AlreadyExists => "The name is taken",
        ProblemCode.AlreadyRunning => "Already running",
        ProblemCode.NotRunning => "Not running",
        ProblemCode.NotPermitted => "Not permitted",
        ProblemCode.InvalidArgument => "Something given is wrong",
        ProblemCode.InvalidConfiguration => "The configuration is wrong",
        ProblemCode.AddressInUse => "The address is in use",
        ProblemCode.NoSpace => "Not enough room on the disk",
        ProblemCode.Busy => "Another operation is at work",
        ProblemCode.Unsupported => "This host cannot do it",
        ProblemCode.MissingTool => "A program is not installed",
        ProblemCode.CommandFailed => "A program failed",
        ProblemCode.TimedOut => "It took too long",
        ProblemCode.Cancelled => "Cancelled",
        ProblemCode.Terminated => "It ended without an answer",
        ProblemCode.HookFailed => "A hook script failed",
        ProblemCode.InputOutput => "Reading or writing failed",
        ProblemCode.Unreachable => "The host does not answer",
        ProblemCode.Conflict => "Changed by someone else meanwhile",
        _ => "A fault of the program",
    };
}
