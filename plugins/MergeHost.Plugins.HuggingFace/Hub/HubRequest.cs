using System.Net.Http.Headers;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>What is asked for or sent.</summary>
/// <param name="Method">How.</param>
/// <param name="Address">Where to; the token goes along to the hub's own origin only.</param>
/// <param name="Where">What is asked for, for messages.</param>
internal sealed record HubRequest(HttpMethod Method, Uri Address, string Where)
{
    /// <summary>The bytes that are asked for, or <see langword="null"/> for all.</summary>
    public RangeHeaderValue? Range { get; init; }

    /// <summary>Makes what is sent, each time anew; <see langword="null"/> for nothing.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Tells how much of a long content was sent.</summary>
    public Func<long>? Sent { get; init; }
}

/// <summary>A short answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Content">What it holds.</param>
/// <param name="Tag">Its ETag, with quotes, or <see langword="null"/>.</param>
/// <param name="Check">Refuses it if it is a refusal.</param>
internal sealed record HubAnswer(int Status, byte[] Content, string? Tag, Action Check);
