using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MergeHost.Serving;

/// <summary>Who may ask: programs of this machine, or whoever has the key; never a web page of another site.</summary>
/// <param name="address">The address that is listened at.</param>
/// <param name="key">The key that requests must have, or <see langword="null"/> for none.</param>
internal sealed class RequestGate(IPAddress address, string? key)
{
    private const string Bearer = "Bearer ";

    /// <summary>Why a request is refused.</summary>
    /// <returns><see langword="null"/> if it is let in.</returns>
    public (int Status, string Message)? Refusal(HttpRequest request)
    {
        // Beyond this machine a name cannot be known; there the key is what counts.
        if (!IsOurs(request.Host.Host) && (key is null || IPAddress.IsLoopback(address)))
        {
            return (StatusCodes.Status403Forbidden, "the Host of the request is not this server's");
        }

        if (request.Headers.Origin is [{ Length: > 0 } origin, ..] && !IsSameSite(origin, request))
        {
            return (StatusCodes.Status403Forbidden, "requests of other sites' pages are not answered");
        }

        return key is null || HasKey(request) || request.Path == "/health"
            ? null
            : (StatusCodes.Status401Unauthorized, "the key is missing or wrong: send it as `Authorization: Bearer KEY`");
    }

    private static bool IsSameSite(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? site)
            && site.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);

    private bool IsOurs(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? named) && (IPAddress.IsLoopback(named) || named.Equals(address)));

    private bool HasKey(HttpRequest request)
    {
        string given = request.Headers.Authorization is [{ } header, ..] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim()
            : "";
        return CryptographicOperations.FixedTimeEquals(Hash(given), Hash(key!));
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
