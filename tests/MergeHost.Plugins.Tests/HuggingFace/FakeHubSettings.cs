using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.Tests.HuggingFace;

internal static class FakeHubSettings
{
    /// <summary>The settings of a client of the fake hub.</summary>
    public static HubSettings Settings(this FakeHub hub, string cache, string? token = null) =>
        new(new Uri(hub.Endpoint), cache, token) { Timeout = TimeSpan.FromSeconds(5) };
}
