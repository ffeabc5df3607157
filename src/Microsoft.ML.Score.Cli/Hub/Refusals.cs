using System.Net;
using Microsoft.ML.Score.Models.Loading;

namespace Score.Cli.Hub;

/// <summary>What it means that the hub refuses, and what to do then.</summary>
internal static class Refusals
{
    /// <param name="response">The hub's answer, which is no success.</param>
    /// <param name="model">What was asked for.</param>
    /// <param name="endpoint">The hub.</param>
    /// <param name="hasToken">Whether a token was sent.</param>
    /// <param name="retryAfter">How long the hub asks to wait; null where it does not.</param>
    public static HubException Of(HttpResponseMessage response, HubModelId model, Uri endpoint, bool hasToken, TimeSpan? retryAfter)
    {
        var (hub, status) = (endpoint.AbsoluteUri.TrimEnd('/'), (int)response.StatusCode);
        var code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.First() : "";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when code == "GatedRepo" => new(
                $"The model '{model.Id}' is gated ({status}): accept its terms at {hub}/{model.Id}{(!hasToken ? $" and set HF_TOKEN to a token of that account ({hub}/settings/tokens)" : " with the account of the token that was sent")}."),
            HttpStatusCode.Unauthorized when hasToken => new($"The hub does not accept the token for '{model.Id}' (401): check the id, and set HF_TOKEN to a valid one ({hub}/settings/tokens)."),
            HttpStatusCode.Unauthorized => new($"The hub shows no '{model.Id}' to everybody (401): check the id; for a private or gated model set HF_TOKEN to a token of an account that may read it ({hub}/settings/tokens)."),
            HttpStatusCode.Forbidden => new($"The hub refuses access to '{model.Id}' (403): ask for it at {hub}/{model.Id}, and set HF_TOKEN to a token that may read it{(!hasToken ? ", none was sent" : "")}."),
            HttpStatusCode.NotFound when code == "RevisionNotFound" => new($"The model '{model.Id}' has no revision '{model.Revision}' (404): {hub}/{model.Id}/tree/main lists those that there are."),
            HttpStatusCode.NotFound when code == "EntryNotFound" => new($"The hub lists a file of '{model}' and does not have it (404). Run the same command again."),
            HttpStatusCode.NotFound => new($"There is no model '{model.Id}'{(model.Revision == HubModelId.DefaultRevision ? "" : $" with a revision '{model.Revision}'")} at {hub} (404): check the id at {hub}/models."),
            _ => new($"The hub answers {status}.") { IsTransient = IsPassing(status), RetryAfter = retryAfter },
        };
    }

    /// <summary>The answer of another host that the hub sent to: its addresses hold for a while only, so that the hub is asked again for a new one.</summary>
    public static HubException OfOther(HttpResponseMessage response, Uri address, TimeSpan? retryAfter) => new($"{address.Host}, where the hub has its files, answers {(int)response.StatusCode}.")
    {
        IsTransient = IsPassing((int)response.StatusCode) || response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized,
        RetryAfter = retryAfter,
    };

    private static bool IsPassing(int status) => status is 408 or 425 or 429 or >= 500 and not 501;
}
