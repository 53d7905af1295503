using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace.Publishing;

/// <summary>The parts of the hub's API that are written to.</summary>
internal sealed class HubApi(HubConnection hub, HubId repository)
{
    private const int MostAnswerBytes = 20_000_000;

    /// <summary>The repository.</summary>
    public HubId Repository => repository;

    /// <summary>Sends JSON, again if need be.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="content">What is sent.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <param name="accepted">A refusal that the caller understands.</param>
    /// <exception cref="HubException">No answer, or another refusal.</exception>
    public (int Status, JsonNode? Answer) Post(string path, JsonObject content, CancellationToken cancellation, int accepted = 0) =>
        Send(path, Encoding.UTF8.GetBytes(content.ToJsonString()), "application/json", isRepeatable: true, accepted, cancellation);

    /// <param name="type">The kind of content.</param>
    /// <param name="isRepeatable">Whether it does no harm if it is carried out twice.</param>
    /// <inheritdoc cref="Post"/>
    public (int Status, JsonNode? Answer) Send(string path, byte[] content, string type, bool isRepeatable, int accepted,
        CancellationToken cancellation)
    {
        HubRequest request = new(HttpMethod.Post, hub.AddressOf(path), repository.Name)
        {
            Content = () => new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        return Send(request, isRepeatable, accepted, cancellation);
    }

    /// <summary>Sends JSON to an address that the hub gave.</summary>
    /// <exception cref="HubException">The address is not the hub's own, or there is no answer, or a refusal.</exception>
    public void PostTo(string address, JsonObject content, string where, CancellationToken cancellation)
    {
        Uri target = HubAddress.Follow(hub.Settings.Endpoint, hub.Settings.Endpoint, address) is { } own
            && own.HasOrigin(hub.Settings.Endpoint) ? own
            : throw new HubException(HubFault.Address, where, "the hub names an address of another host for its own part",
                "Look at HF_ENDPOINT, and at proxies between you and the hub.");
        byte[] bytes = Encoding.UTF8.GetBytes(content.ToJsonString());
        Send(new HubRequest(HttpMethod.Post, target, where)
        {
            Content = () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        }, isRepeatable: true, 0, cancellation);
    }

    private (int Status, JsonNode? Answer) Send(HubRequest request, bool isRepeatable, int accepted, CancellationToken cancellation)
    {
        HubAnswer answer;
        try
        {
            answer = isRepeatable
                ? hub.Retry(() => hub.Write(request, MostAnswerBytes, cancellation), request.Where, cancellation)
                : hub.Write(request, MostAnswerBytes, cancellation);
        }
        catch (HttpRequestException exception)
        {
            throw hub.GaveUp(exception, request.Where);
        }

        if (answer.Status != accepted)
        {
            answer.Check();
        }

        return (answer.Status, answer.Content.Length == 0 ? null : HubListing.Parse(answer.Content, request.Where));
    }
}
