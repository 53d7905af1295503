using System.Globalization;
using System.Net.Http.Headers;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.HuggingFace.Hub;

/// <summary>Refuses answers that are none, in words that help.</summary>
internal static class HubRefusal
{
    /// <exception cref="HubException">The hub has no such thing, or does not give it.</exception>
    public static void ThrowIfAny(HttpResponseMessage response, string where, bool hasToken)
    {
        int status = (int)response.StatusCode;
        if (status < 300)
        {
            return;
        }

        string? Header(string name) =>
            response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.FirstOrDefault() : null;
        string words = Header("X-Error-Message") is { } said ? $" ({CheckpointException.Printable(said)})" : "";
        throw (Header("X-Error-Code"), status) switch
        {
            ("GatedRepo", 401) =>
                Denied($"the model is gated, and no token is given{words}",
                    "Ask for access on the model's page, and set HF_TOKEN or run `hf auth login`."),
            ("GatedRepo", _) =>
                Denied($"the model is gated, and the token's owner has no access{words}", "Ask for access on the model's page."),
            ("RevisionNotFound", _) =>
                new HubException(HubFault.NotFound, where, "the model has no such revision",
                    "Name a branch, a tag or a full commit after '@'."),
            ("EntryNotFound", _) => new HubException(HubFault.NotFound, where, "the model has no such file"),
            (_, 401) when hasToken && words.Contains("credential", StringComparison.OrdinalIgnoreCase) =>
                Denied($"the hub does not accept the token{words}",
                    "Set HF_TOKEN to a valid token, or unset it, and remove a stored one by `hf auth logout`."),
            ("RepoNotFound", _) or (_, 401) or (null, 404) => new HubException(HubFault.NotFound, where,
                $"the hub has no such model, or it is private and {(hasToken ? "the token does not open it" : "no token is given")}{words}",
                "Look at the spelling; for a private model set HF_TOKEN. A local folder is looked for from the current folder and the "
                    + "recipe's."),
            (_, 403) => Denied($"the hub refuses{words}", "Look at the model's page, and at what the token may do."),
            _ => new HubException(HubFault.Answer, where, string.Create(CultureInfo.InvariantCulture, $"the hub answers {status}{words}")),
        };

        HubException Denied(string what, string hint) => new(HubFault.Denied, where, what, hint);
    }
}
