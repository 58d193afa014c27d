using System.Globalization;
using VServerPanel.Native.Hosts;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Lifecycle;

/// <summary>Context numbers of running vservers.</summary>
internal sealed class ContextNumbers(HostPaths paths)
{
    // 0 is the host, 1 sees every process (classic semantics)
    private const int First = 2;
    private const int Last = 65535;

    private readonly RunClaims _claims = new(paths, "contexts");

    private readonly Contexts.ContextGroups _others = new(paths);

    private string LastFile => paths.Run + "/.contexts/last";

    /// <summary>Takes the number that is asked for, else the next free one.</summary>
    /// <exception cref="ProblemException">Busy: the fixed number is another's.</exception>
    public int Take(VServerName name, int? wanted)
    {
        if (wanted is { } number)
        {
            return !_others.IsThere(number) && _claims.TryTake(Key(number), name)
                ? number
                : throw new ProblemException(ProblemCode.Busy, $"S_CONTEXT is {number}, and that context is {_claims.OwnerOf(Key(number)) ?? "one that chcontext made"}'s now.");
        }

        var candidate = LastTaken();
        for (var tried = 0; tried <= Last - First; tried++)
        {
            candidate = candidate is < First or >= Last ? First : candidate + 1;
            if (!_others.IsThere(candidate) && !_claims.IsOwn(Key(candidate), name) && _claims.TryTake(Key(candidate), name))
            {
                File.WriteAllText(LastFile, Key(candidate));
                return candidate;
            }
        }

        throw new ProblemException(ProblemCode.NoSpace, "Every context number is taken.");
    }

    /// <summary>Whether a vserver that runs or starts has it.</summary>
    public bool IsInUse(int number) => _claims.IsTaken(Key(number));

    /// <summary>Gives a number back, if it is this vserver's.</summary>
    public void Release(int number, VServerName name) => _claims.Release(Key(number), name);

    private int LastTaken()
    {
        try
        {
            return int.TryParse(File.ReadAllText(LastFile), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private static string Key(int number) => number.ToString(CultureInfo.InvariantCulture);
}
