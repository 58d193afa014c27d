using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using VServerPanel.Identity;
using VServerPanel.Tests.Fakes;

namespace VServerPanel.Tests.Endpoints;

public sealed partial class TwoStepTests : PanelTest
{
    [Fact]
    public async Task TwoStep_On_PasswordAloneOpensNothingAndTheCodeDoes()
    {
        using var browser = await Panel.OpenAsync(Roles.Operator);
        var key = Key().Match(await browser.TextAsync("/account/two-step")).Groups["key"].Value.Replace(" ", "", StringComparison.Ordinal);
        using var wrong = await browser.SendFormAsync("/account/two-step", ("Input.Code", "000000"));
        Assert.Contains("not right", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var on = await browser.SendFormAsync("/account/two-step", ("Input.Code", Code(key)));
        var recovery = Recovery().Match(await on.Content.ReadAsStringAsync()).Groups["code"].Value;
        Assert.NotEmpty(recovery);

        using var other = Panel.Open();
        using var first = await other.SignInAsync("operator", PanelFactory.Password);
        Assert.StartsWith("/sign-in/code?", first.Destination(), StringComparison.Ordinal);
        using var between = await other.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.Redirect, between.StatusCode);
        using var second = await other.SendFormAsync(first.Destination()!, ("Input.Code", Code(key)));
        Assert.Equal("/", second.Destination());
        using var inside = await other.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.OK, inside.StatusCode);

        // a recovery code works in its place, once
        foreach (var expected in new[] { "/", null })
        {
            using var lost = Panel.Open();
            using var begun = await lost.SignInAsync("operator", PanelFactory.Password);
            using var ended = await lost.SendFormAsync(begun.Destination()!, ("Input.Code", recovery));
            Assert.Equal(expected, ended.Destination());
        }
    }

    [Fact]
    public async Task Code_WithoutFirstStep_OpensNothing()
    {
        using var browser = Panel.Open();
        using var answer = await browser.SendFormAsync("/sign-in/code", ("Input.Code", "123456"));
        Assert.Contains("Begin again", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var inside = await browser.GetAsync("/vservers");
        Assert.Equal(HttpStatusCode.Redirect, inside.StatusCode);
    }

    /// <summary>What an authenticator shows: RFC 6238 with SHA-1, 30 seconds, six digits.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 6238")]
    private static string Code(string base32)
    {
        var bits = string.Concat(base32.ToUpperInvariant().Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        Span<byte> step = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(step, DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30);
        var hash = HMACSHA1.HashData(key, step);
        var value = (BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15, 4)) & int.MaxValue) % 1_000_000;
        return value.ToString("000000", System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("the secret: <code class=\"secret\">(?<key>[A-Z2-7 ]+)</code>", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Key();

    [GeneratedRegex("<pre class=\"codes\">(?<code>[A-Z0-9-]+)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Recovery();
}
