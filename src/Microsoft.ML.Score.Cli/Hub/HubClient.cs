using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;
using Polly;
using Polly.Retry;

namespace Score.Cli.Hub;

/// <summary>
/// Asks the hub. Redirects are followed here and not by the handler, because the hub sends large files from another host, which must not get the
/// token. Faults in passing are tried again after 1, 2, 4 ... seconds, or as long as the hub asks. Safe for concurrent use.
/// </summary>
internal sealed class HubClient : IDisposable
{
    /// <summary>Tries after the first.</summary>
    public const int MostRetries = 5;

    private const int MostRedirects = 10;
    private const int MostListBytes = 64 << 20;

    // A bound on what a server may have a user wait for without a word; beyond it the command ends and says for how long.
    private static readonly TimeSpan s_longestAsked = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly string? _token;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _retries;
    private volatile bool _hasAnswered;

    /// <param name="settings">The hub, and who asks.</param>
    /// <param name="time">The clock of the waits between tries.</param>
    /// <param name="warn">Gets a line for each wait; called from any thread.</param>
    public HubClient(HubSettings settings, TimeProvider time, Action<string> warn)
    {
        (_endpoint, _token, _time) = (settings.Endpoint, settings.Token, time);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(30), PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd($"score/{typeof(HubClient).Assembly.GetName().Version}");
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
        _retries = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = MostRetries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromSeconds(1),
            ShouldHandle = outcome => ValueTask.FromResult(outcome.Outcome.Exception is HubException { IsTransient: true }),
            DelayGenerator = retry => ValueTask.FromResult((retry.Outcome.Exception as HubException)?.RetryAfter),
            OnRetry = retry =>
            {
                warn($"{retry.Outcome.Exception!.Message.TrimEnd('.')}; try {retry.AttemptNumber + 2} of {MostRetries + 1} in {Math.Ceiling(retry.RetryDelay.TotalSeconds)} s.");
                return default;
            },
        }).Build();
    }

    /// <summary>How long the hub may send nothing before a try is given up. By the system's clock, as a socket's time is.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The files of a model. This address and not the pages of /tree, because one answer has the commit and all files of it: a revision that moves meanwhile
    /// mixes no two commits.
    /// </summary>
    public async Task<HubListing> ListAsync(HubModelId model, CancellationToken cancellationToken)
    {
        var path = $"/api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision)}?blobs=true";
        var list = await RetryAsync(async token =>
        {
            using var response = await GetAsync(model, path, from: 0, token);
            await using var body = await response.Content.ReadAsStreamAsync(token);
            return await ReadAllAsync(body, token);
        }, cancellationToken);
        return _token is not null && list.AsSpan().IndexOf(Encoding.ASCII.GetBytes(_token)) >= 0
            ? throw new HubException($"The hub's list of the files of '{model}' quotes the token that it was asked with, so it is not used. Look at HF_ENDPOINT.")
            : HubListing.Read(model, list);
    }

    /// <summary>The answer with a file's bytes from a place on, its body unread; 416 where the file has no such place, or all of it where the server takes no heed of it.</summary>
    public Task<HttpResponseMessage> OpenAsync(HubModelId model, string commit, string file, long from, CancellationToken cancellationToken) =>
        GetAsync(model, $"/{model.Id}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}", from, cancellationToken);

    /// <summary>Does something until it succeeds, fails for good, or has failed as often as is bearable.</summary>
    public async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken) =>
        await _retries.ExecuteAsync(async token => await attempt(token), cancellationToken);

    /// <summary>Reads on in an answer.</summary>
    /// <exception cref="HubException">It broke off, or nothing came in time.</exception>
    public Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken) =>
        PatientlyAsync(async token => await body.ReadAsync(buffer, token), cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <summary>Where a redirect leads.</summary>
    /// <param name="endpoint">The hub, whose scheme says whether what is not encrypted will do.</param>
    /// <param name="address">Who redirects.</param>
    /// <param name="location">The place, which may be relative; null where none is told.</param>
    /// <exception cref="HubException">It is not to be followed.</exception>
    internal static Uri Next(Uri endpoint, Uri address, Uri? location)
    {
        if (location is null || !Uri.TryCreate(address, location, out var next) || next.Scheme is not ("http" or "https") || next.UserInfo.Length > 0)
            throw new HubException($"{Shown(address)} redirects to no http or https address. Look at HF_ENDPOINT.");
        return next.Scheme == "http" && endpoint.Scheme == "https"
            ? throw new HubException($"{Shown(address)} redirects to {Shown(next)}, which is not encrypted, so it is not followed.")
            : next;
    }

    private async Task<HttpResponseMessage> GetAsync(HubModelId model, string path, long from, CancellationToken cancellationToken)
    {
        var address = new Uri(_endpoint.AbsoluteUri.TrimEnd('/') + path);
        var isHub = true;
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (isHub && _token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            var response = await PatientlyAsync(token => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
            _hasAnswered = true;
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0)
                return response;
            using (response)
            {
                if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                    throw isHub ? Refusals.Of(response, model, _endpoint, _token is not null, AskedWait(response)) : Refusals.OfOther(response, address, AskedWait(response));
                if (redirects == MostRedirects)
                    throw new HubException($"{Shown(address)} is the end of {MostRedirects} redirects and redirects again. Look at HF_ENDPOINT.");
                address = Next(_endpoint, address, response.Headers.Location);
            }

            // Once away it is not sent again, even where the way leads back.
            isHub &= Uri.Compare(address, _endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
        }
    }

    private async Task<byte[]> ReadAllAsync(Stream body, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[65536];
        while (await ReadAsync(body, buffer, cancellationToken) is > 0 and var read)
        {
            if (all.Length + read > MostListBytes)
                throw new HubException($"The list of the model's files is longer than {ByteCount.Format(MostListBytes)} and was not read further.");
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await work(patience.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException($"{Shown(_endpoint)} sent nothing for {Patience.TotalSeconds:0} seconds.", exception) { IsTransient = true };
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.SecureConnectionError
            || !_hasAnswered && exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError)
        {
            // Before the first answer nothing is waited for: the address is wrong, or there is no network.
            throw new HubException($"{Shown(_endpoint)} cannot be reached: {(exception.InnerException?.Message ?? exception.Message).TrimEnd('.')}. Check the network, and HF_ENDPOINT where it is set.", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new HubException($"The connection to the hub failed: {exception.Message}", exception) { IsTransient = true };
        }
    }

    private TimeSpan? AskedWait(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter is { } asked ? asked.Delta ?? asked.Date - _time.GetUtcNow() : null;
        return wait is not { } time || time < TimeSpan.Zero ? null
            : time <= s_longestAsked ? time
            : throw new HubException($"The hub answers {(int)response.StatusCode} and asks to wait {Math.Ceiling(time.TotalMinutes)} minutes. Run the same command then; what is downloaded is kept.");
    }

    /// <summary>The host alone: the rest is a server's own text, and the query of one signs it for whoever has it.</summary>
    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
