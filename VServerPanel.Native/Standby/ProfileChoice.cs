using System.Text;
using VServerPanel.Native.Configuration;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Standby;

/// <summary>A conf file that is started with another of its profiles: <c>PROFILE="backup"</c> above its <c>case $PROFILE</c>, where a shell reads it in time.</summary>
internal static class ProfileChoice
{
    /// <exception cref="ProblemException">InvalidArgument: it has no such profile; InvalidConfiguration: it cannot be chosen.</exception>
    public static ConfFile Make(ConfFile file, string profile, VServerName name)
    {
        if (!file.Profiles.Contains(profile, StringComparer.Ordinal))
        {
            throw new ProblemException(ProblemCode.InvalidArgument, file.Profiles.Count == 0
                ? $"The conf file of {name} has no profiles ('case $PROFILE in …'): promote it without --profile."
                : $"The conf file of {name} has no profile '{profile}'. It has {string.Join(", ", file.Profiles)}.");
        }

        // what a shell reads for this profile: the file without a word about it, read for that one
        var without = ConfFile.Parse(file.ToBytes());
        without.Remove(ConfKeys.Profile);
        var wanted = without.Values(profile);
        var mark = file.ToBytes().AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        var bytes = without.ToBytes();
        var chosen = ConfFile.Parse([.. bytes[..mark], .. Encoding.UTF8.GetBytes($"PROFILE=\"{profile}\"\n"), .. bytes[mark..]]);
        var found = chosen.Values();
        return profile.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && chosen.Get(ConfKeys.Profile) == profile
            && wanted.All(w => found.GetValueOrDefault(w.Key) == w.Value) && found.Count == wanted.Count + 1
            ? chosen
            : throw new ProblemException(ProblemCode.InvalidConfiguration, $"PROFILE cannot be set in the conf file of {name} by this command. Write PROFILE=\"{profile}\" above its 'case $PROFILE', and promote it without --profile.");
    }
}
