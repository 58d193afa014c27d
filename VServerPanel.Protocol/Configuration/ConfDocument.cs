namespace VServerPanel.Protocol;

/// <summary>A finding about a conf file.</summary>
/// <param name="Line">From 1; 0 where it is about the whole file.</param>
/// <param name="Key">The key it is about, if any.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
/// <param name="IsError">An error keeps the file from being saved or used; a warning does not.</param>
public sealed record ConfFinding(int Line, string? Key, string Message, bool IsError);

/// <summary>A vserver's conf file: the result of <c>vserver NAME config show</c>, and of <c>config set</c> as it is then.</summary>
/// <param name="Text">Every byte of it.</param>
/// <param name="Digest">SHA-256 in hex; passed back on saving, so that another's change is not overwritten.</param>
/// <param name="Values">The keys it sets, and to what.</param>
/// <param name="Findings">What is wrong with it.</param>
public sealed record ConfDocument(string Text, string Digest, IReadOnlyDictionary<string, string> Values, IReadOnlyList<ConfFinding> Findings);

/// <summary>The result of <c>vserver NAME config check</c>: a text that is not saved yet.</summary>
/// <param name="Findings">What is wrong with it; it can be saved if none is an error.</param>
/// <param name="RestartNeeded">Keys whose change takes effect at the next start only.</param>
public sealed record ConfCheck(IReadOnlyList<ConfFinding> Findings, IReadOnlyList<string> RestartNeeded);
