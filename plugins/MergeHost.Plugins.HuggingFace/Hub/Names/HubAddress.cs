using System.Net;
using System.Net.Sockets;

namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>Where requests may go, and which of them carry the token.</summary>
internal static class HubAddress
{
    /// <summary>Whether an address is one of http or https, with a host and without a user's name.</summary>
    public static bool IsUsable(Uri address) =>
        address.IsAbsoluteUri && address.Scheme is "http" or "https" && address.Host.Length > 0 && address.UserInfo.Length == 0;

    /// <summary>Whether two addresses have scheme, host and port in common: only then a token goes along.</summary>
    public static bool HasOrigin(this Uri address, Uri other) =>
        address.Scheme == other.Scheme && address.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase)
            && address.Port == other.Port;

    /// <summary>The address that a redirect leads to.</summary>
    /// <param name="endpoint">The hub.</param>
    /// <param name="from">The address that was asked.</param>
    /// <param name="location">What it answered.</param>
    /// <returns><see langword="null"/> if it must not be followed.</returns>
    public static Uri? Follow(Uri endpoint, Uri from, string location)
    {
        bool isText = location.Length > 0 && location.All(c => c is > ' ' and not '\\' and not '\x7f');
        bool hasHost = !location.Contains(":///", StringComparison.Ordinal) && !location.StartsWith("///", StringComparison.Ordinal);
        return isText && hasHost && Uri.TryCreate(from, location, out Uri? to) && IsUsable(to)
            && !(endpoint.Scheme == "https" && to.Scheme == "http")
            && (to.HasOrigin(endpoint) || !IsPrivate(to.Host) || IsPrivate(endpoint.Host)) ? to : null;
    }

    private static bool IsPrivate(string host)
    {
        string name = host.TrimEnd('.');
        return IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)
            ? IsPrivate(address)
            : name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether an address is one of this machine or of a network of its own.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal
                || address.Equals(IPAddress.IPv6Any);
        }

        byte[] parts = address.GetAddressBytes();
        return parts[0] is 0 or 10 or 127 or >= 224
            || (parts[0], parts[1]) is (169, 254) or (192, 168) or (172, >= 16 and <= 31) or (100, >= 64 and <= 127);
    }
}
