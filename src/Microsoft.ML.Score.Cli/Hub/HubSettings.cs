using Microsoft.ML.Score.Models.Loading;

namespace Score.Cli.Hub;

/// <summary>
/// What the environment says of the Hugging Face hub, in the variables of Python's huggingface_hub. No record, whose text would show the token.
/// </summary>
internal sealed class HubSettings
{
    private const string PublicEndpoint = "https://huggingface.co";
    private const int MostOfATokenFile = 4096;

    private HubSettings(Uri endpoint, HubCache cache, string? token, bool isOffline) => (Endpoint, Cache, Token, IsOffline) = (endpoint, cache, token, isOffline);

    /// <summary>The hub's address, without a slash at its end where it is asked for below.</summary>
    public Uri Endpoint { get; }

    /// <summary>Where downloads go.</summary>
    public HubCache Cache { get; }

    /// <summary>Who asks, of printable ASCII; null for nobody in particular. No message shows it.</summary>
    public string? Token { get; }

    /// <summary>Whether the hub may not be asked.</summary>
    public bool IsOffline { get; }

    /// <summary>A text without the token, which a server may quote.</summary>
    public string Hide(string text) => Token is null ? text : text.Replace(Token, "***", StringComparison.OrdinalIgnoreCase);

    /// <param name="variable">The environment.</param>
    /// <exception cref="InvalidOperationException">A variable, or the file of the token, has what cannot be meant.</exception>
    public static HubSettings Of(Func<string, string?> variable)
    {
        var endpoint = variable("HF_ENDPOINT")?.Trim() is { Length: > 0 } named ? named.TrimEnd('/') : PublicEndpoint;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new InvalidOperationException("The environment variable HF_ENDPOINT must be an http or https address without a user's name and a query, such as https://huggingface.co.");
        return new(address, HubCache.OfUser(variable), TokenOf(variable), variable("HF_HUB_OFFLINE")?.Trim().ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE");
    }

    private static string? TokenOf(Func<string, string?> variable)
    {
        var (token, place) = (variable("HF_TOKEN")?.Trim(), "the environment variable HF_TOKEN");
        if (string.IsNullOrEmpty(token))
        {
            var named = variable("HF_TOKEN_PATH") is { Length: > 0 } path ? HubCache.Full(path) : null;
            if (named is not null && !File.Exists(named))
                throw new InvalidOperationException($"The environment variable HF_TOKEN_PATH names '{named}', and there is no such file. Mend it, or unset it.");
            var file = named ?? Path.Combine(HubCache.HomeOf(variable), "token");
            (token, place) = (ReadToken(file), $"the file '{file}'");
        }

        if (string.IsNullOrEmpty(token))
            return null;
        return token.AsSpan().IndexOfAnyExceptInRange('!', '~') is >= 0 and var at
            ? throw new InvalidOperationException($"The token in {place} has U+{(int)token[at]:X4} as character {at + 1} of {token.Length}; expected visible ASCII characters only. Put the token alone there.")
            : token;
    }

    private static string? ReadToken(string file)
    {
        if (!File.Exists(file))
            return null;
        using var reader = new StreamReader(file);
        var text = new char[MostOfATokenFile];
        return new string(text, 0, reader.ReadBlock(text)).Trim();
    }
}
