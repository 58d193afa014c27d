using VServerPanel.Protocol;

namespace VServerPanel.Native.Commands;

/// <summary>Exit codes of the classics: 0 running, 3 stopped, 5 no such vserver; 1 other failure, 2 usage.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int Stopped = 3;
    public const int NoSuchVServer = 5;

    public static int Of(ProblemCode code) => code switch
    {
        ProblemCode.InvalidArgument => Usage,
        _ => Failure,
    };
}
