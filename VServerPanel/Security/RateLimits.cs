using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace VServerPanel.Security;

/// <summary>How often one address may try a password or a secret link.</summary>
internal static class RateLimits
{
    internal const string SignIn = nameof(SignIn);
    internal const string SecretLink = nameof(SecretLink);

    /// <summary>Ten attempts a minute; opening the form does not count.</summary>
    private const int SignInsPerMinute = 10;

    /// <summary>A status page loads itself twice a minute: this is room for thirty of them behind one address, and none for guessing.</summary>
    private const int SecretLinksPerMinute = 60;

    internal static void Configure(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = (context, _) =>
        {
            context.HttpContext.Response.Headers.RetryAfter = "60";
            return ValueTask.CompletedTask;
        };
        options.AddPolicy(SignIn, context => HttpMethods.IsPost(context.Request.Method)
            ? PerAddress(context, SignInsPerMinute)
            : RateLimitPartition.GetNoLimiter("reading"));
        options.AddPolicy(SecretLink, context => PerAddress(context, SecretLinksPerMinute));
    }

    private static RateLimitPartition<string> PerAddress(HttpContext context, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        string.Create(CultureInfo.InvariantCulture, $"{permits} {ClientNetwork.Of(context.Connection.RemoteIpAddress)}"),
        _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 });
}
