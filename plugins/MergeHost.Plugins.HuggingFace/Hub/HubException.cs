namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>The kinds of trouble with a hub.</summary>
internal enum HubFault
{
    /// <summary>Offline, and what is wanted is not in the cache.</summary>
    Offline,

    /// <summary>No answer, or none that is of use, also after several tries.</summary>
    Unreachable,

    /// <summary>No such repository, revision or file.</summary>
    NotFound,

    /// <summary>Private, gated or disabled, or the token is not accepted.</summary>
    Denied,

    /// <summary>An address that a hub must not send its clients to.</summary>
    Address,

    /// <summary>An answer that contradicts itself, the listing, or what was asked for.</summary>
    Answer,

    /// <summary>Bytes with another digest than the listing says.</summary>
    Damaged,

    /// <summary>A name that must not become a path.</summary>
    UnsafeName,

    /// <summary>The cache cannot be read or written.</summary>
    Cache,

    /// <summary>A card that the hub does not take.</summary>
    Card,

    /// <summary>A signed address that is of no use any more.</summary>
    Expired,
}

/// <summary>Trouble with a hub: where, what, and what helps. Never holds a token or a signed address.</summary>
internal sealed class HubException(HubFault fault, string where, string what, string? hint = null, Exception? inner = null)
    : Exception($"{where}: {what}", inner)
{
    public HubFault Fault => fault;

    public string? Hint => hint;
}
